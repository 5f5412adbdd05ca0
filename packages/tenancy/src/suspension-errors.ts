import { TenancyError } from './errors.ts';

/** The tenant is in no state in which it could be suspended or resumed; the message says in which it is. */
export class SuspensionRefusedError extends TenancyError {
  override readonly name = 'SuspensionRefusedError';
  readonly code = 'SUSPENSION_REFUSED';
  readonly slug: string;
  readonly status: string;

  constructor(slug: string, status: string, doing: 'suspend' | 'resume') {
    super(
      `Tenant "${slug}" ${stateWords[status] ?? `is ${status}`}: there is nothing to ${doing}.`,
      { next: `tenantry tenant show ${slug}` },
    );
    this.slug = slug;
    this.status = status;
  }
}

const stateWords: Readonly<Record<string, string>> = {
  provisioning: 'is being created and not served yet',
  failed: 'could not be created and is not served',
  deleting: 'is being deleted and not served any more',
};
