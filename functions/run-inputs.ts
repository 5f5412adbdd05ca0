import * as z from 'zod';
import { parseTargetSelector, type TargetSelector } from '@tenantry/tenancy';

const name = z.string().min(1).max(200);
const count = z.number().int();

const up = z.object({ kind: z.literal('up'), to: name.optional(), module: name.optional() });
const down = z
  .object({
    kind: z.literal('down'),
    to: name.nullable().optional(),
    steps: count.min(1).max(1000).optional(),
    module: name.optional(),
  })
  .refine(({ to, steps }) => (to === undefined) !== (steps === undefined), {
    message: 'one of to and steps must be given',
    path: ['to'],
  });
const undo = z.object({ kind: z.literal('undo'), run: name });

/** A run's change, as a caller asks for it. */
export const runChange = z.union([up, down, undo]);

/** A run's pace, as a caller asks for it. */
export const runPace = z.object({
  canary: z.union([count.min(0).max(100), z.array(name).min(1).max(100)]).optional(),
  waves: z
    .array(z.number().positive().max(100))
    .min(1)
    .max(20)
    .refine((waves) => waves.every((share, index) => share > (waves[index - 1] ?? 0)), {
      message: 'must grow',
    })
    .refine((waves) => waves.at(-1) === 100, { message: 'must end with 100' })
    .optional(),
  concurrency: count.min(1).max(200).optional(),
  maxFailures: z
    .union([
      count.min(0),
      z.string().regex(/^\d{1,3}(\.\d+)?%$/, 'must be a number or a share like 2%'),
    ])
    .optional(),
  onError: z.enum(['stop', 'continue']).optional(),
  pauseBetweenTenantsSeconds: count.min(0).max(3600).optional(),
  pauseBetweenWavesSeconds: count.min(0).max(604_800).optional(),
  startAt: z.iso.datetime({ offset: true }).optional(),
  leaseSeconds: count.min(2).max(3600).optional(),
});

/** What a run works on, as a caller asks for it; refused with `TenantInputError` or `NoTargetsSelectedError`. */
export const targetSelector = z
  .unknown()
  .transform((value): TargetSelector => parseTargetSelector(value));
