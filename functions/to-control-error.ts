import type { ControlError, TenancyError } from '@tenantry/tenancy';

/** An error that a caller can mend, as it travels to command line and console. */
export function toControlError(error: TenancyError): ControlError {
  const field = 'field' in error && typeof error.field === 'string' ? { field: error.field } : {};
  const next = error.next === undefined ? {} : { next: error.next };
  return { code: error.code, message: error.message, ...next, ...field };
}
