import { randomInt } from 'node:crypto';
import { TenantInputError } from './errors.ts';

/** A tenant's opaque id: 20 characters of `[a-z0-9]`, random, never reused and never made from a customer's words. */
export type TenantId = string & { readonly __brand: 'TenantId' };

/** The name of a tenant's schema, of its login role, and of its own database if it has one, `t_<id>`: the only way to name them in SQL. */
export type SchemaName = string & { readonly __brand: 'SchemaName' };

/** The name of the role that owns a tenant's objects and cannot log in, `o_<id>`. */
export type OwnerName = string & { readonly __brand: 'OwnerName' };

const alphabet = 'abcdefghijklmnopqrstuvwxyz0123456789';
const length = 20;
const pattern = /^[a-z0-9]{16,32}$/;

/** A new id with 103 random bits. */
export function newTenantId(): TenantId {
  let id = '';
  for (let position = 0; position < length; position += 1)
    id += alphabet[randomInt(alphabet.length)];
  return id as TenantId;
}

/** The id in `value`; throws `TenantInputError` when it is none. */
export function parseTenantId(value: unknown): TenantId {
  if (typeof value !== 'string' || !pattern.test(value)) {
    throw new TenantInputError('id', 'a tenant id is 16 to 32 characters of a-z and 0-9');
  }
  return value as TenantId;
}

/** Schema and login role of a tenant. */
export function schemaNameOf(id: TenantId): SchemaName {
  return `t_${parseTenantId(id)}` as SchemaName;
}

/** Owner role of a tenant's objects. */
export function ownerNameOf(id: TenantId): OwnerName {
  return `o_${parseTenantId(id)}` as OwnerName;
}
