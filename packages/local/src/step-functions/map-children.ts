import type { MapProgram } from './compile-machine.ts';

/** What a Map state has read from its input. */
export interface MapInput {
  readonly input: unknown;
  readonly items: readonly unknown[];
  readonly maxConcurrency?: number;
  readonly toleratedCount?: number;
  readonly toleratedPercentage?: number;
  readonly batchSize?: number;
  readonly batchInput?: object;
}

/** One run of a Map state's machine: its input, and how many items it stands for. */
export interface MapChild {
  readonly index: number;
  readonly input: unknown;
  readonly itemCount: number;
}

/** The children for the items, or for batches of them. */
export function toChildren(
  inputs: readonly unknown[],
  { isBatched }: MapProgram,
  { batchSize, batchInput }: MapInput,
): readonly MapChild[] {
  if (!isBatched) return inputs.map((input, index) => ({ index, input, itemCount: 1 }));
  const size = Math.max(1, batchSize ?? inputs.length);
  return Array.from({ length: Math.ceil(inputs.length / size) }, (_, index) => {
    const items = inputs.slice(index * size, (index + 1) * size);
    const input = { ...(batchInput !== undefined && { BatchInput: batchInput }), Items: items };
    return { index, input, itemCount: items.length };
  });
}
