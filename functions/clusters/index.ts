import * as z from 'zod';
import { TenancyError, type ClusterActions, type ControlError } from '@tenantry/tenancy';
import { parseAction } from '../parse-action.ts';
import { toControlError } from '../to-control-error.ts';
import { addCluster } from './add-cluster.ts';

const inputs = {
  'add-cluster': z.object({
    cluster: z.string(),
    arn: z.string().regex(/^arn:aws[a-z-]*:rds:[a-z0-9-]+:\d{12}:cluster:[a-z0-9-]+$/, {
      error: 'must be the ARN of an Aurora cluster: arn:aws:rds:REGION:ACCOUNT:cluster:NAME',
    }),
    adminSecretArn: z.string().regex(/^arn:aws[a-z-]*:secretsmanager:/, {
      error: 'must be the ARN of a secret: arn:aws:secretsmanager:REGION:ACCOUNT:secret:NAME',
    }),
    database: z.string().min(1).max(63).optional(),
    capacity: z.number().int().min(0).max(1_000_000).optional(),
    concurrency: z.number().int().min(1).max(1000).optional(),
    actor: z.string().min(1).max(200),
  }),
} as const satisfies Record<keyof ClusterActions, z.ZodType>;

/** The function's answer: never a thrown error for something a caller can mend. */
type Answer =
  | { readonly ok: true; readonly result: ClusterActions['add-cluster']['result'] }
  | { readonly ok: false; readonly error: ControlError };

/** Adds clusters: apart from the control function, because it logs in as the clusters' master users. */
export async function handler(event: unknown): Promise<Answer> {
  try {
    const { input } = parseAction(inputs, event);
    return { ok: true, result: await addCluster(input as never) };
  } catch (error) {
    if (!(error instanceof TenancyError)) throw error;
    return { ok: false, error: toControlError(error) };
  }
}
