import { fingerprintSignatures } from './fingerprint-functions.ts';

/** Functions of schema `tenantry` by the role that may call them. */
export const callers = {
  platform_provisioner: [
    'ensure_role(text, text, text)',
    'allow_set_role(text, text)',
    'allow_inherit(text, text)',
    'ensure_schema(text, text, text, text)',
    'provision_schema(text, text, integer)',
    'find_violations(text, text)',
    'suspend_schema(text)',
    'end_sessions(text)',
    'drop_schema(text)',
  ],
  platform_migrator: [
    'read_ledger(text, text)',
    'apply(text, text, jsonb, jsonb)',
    'apply_batch(text, text, text, text, jsonb)',
    'revert(text, text, jsonb, jsonb)',
    'drop_invalid_index(text, text, text, text, jsonb)',
    'explain_refusal(text, text, text)',
    ...fingerprintSignatures,
  ],
} as const;
