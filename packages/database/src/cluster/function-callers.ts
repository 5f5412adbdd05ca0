import { fingerprintSignatures } from './fingerprint-functions.ts';
import { poolDeletionSignatures } from './pool-deletion-functions.ts';
import { poolEngineSignatures } from './pool-engine-functions.ts';

/** Functions and procedures of schema `tenantry` by the role that may call them. */
export const callers = {
  platform_provisioner: [
    'ensure_role(text, text, text)',
    'allow_set_role(text, text)',
    'allow_inherit(text, text)',
    'ensure_owned_schema(text, text, text)',
    'ensure_schema(text, text, text, text)',
    'ensure_login(text, text, integer, text[])',
    'provision_schema(text, text, integer)',
    'provision_shared_login(text, text, integer)',
    'find_violations(text, text)',
    'suspend_schema(text)',
    'end_sessions(text)',
    'drop_schema(text)',
    'provision_pool(text)',
    'provision_pool_tenant(text, text, text, integer)',
    'find_pool_violations(text, text)',
    'suspend_pool_tenant(text, text)',
    'lock_pool(text, text)',
    'list_pool_tables(text)',
    'pause_triggers(text[], text, integer)',
    'delete_pool_rows(text, text, integer)',
    'drop_pool_tenant(text, text)',
    'find_open_tables(text)',
    ...poolDeletionSignatures,
  ],
  platform_auditor: [
    'find_open_tables(text)',
    'find_pool_writers(text)',
    'list_pool_deletions(text)',
  ],
  platform_migrator: [
    ...poolEngineSignatures,
    'read_ledger(text, text)',
    'apply(text, text, jsonb, jsonb)',
    'apply_each(jsonb, jsonb, jsonb, jsonb)',
    'apply_batch(text, text, text, text, jsonb)',
    'revert(text, text, jsonb, jsonb)',
    'drop_invalid_index(text, text, text, text, jsonb)',
    'explain_refusal(text, text, text)',
    ...fingerprintSignatures,
  ],
} as const;
