import { createRequire } from 'node:module';

interface ValidationResult {
  readonly isValid: boolean;
  readonly errorsText: (separator?: string) => string;
}

// The package has no types.
const validate = createRequire(import.meta.url)('asl-validator') as (
  definition: unknown,
) => ValidationResult;

/** What the Amazon States Language has against a definition whose resources are names of functions; empty when it is valid. */
export function findDefinitionErrors(definition: object): string {
  const arn = 'arn:aws:lambda:eu-west-1:123456789012:function:';
  const text = JSON.stringify(definition).replaceAll('"Resource":"', `"Resource":"${arn}`);
  const result = validate(JSON.parse(text));
  return result.isValid ? '' : result.errorsText();
}
