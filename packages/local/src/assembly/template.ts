import { assemblyError } from './assembly-error.ts';

/** One resource of a CloudFormation template, its properties not yet resolved. */
export interface TemplateResource {
  readonly Type: string;
  readonly Properties?: Readonly<Record<string, unknown>>;
  readonly DependsOn?: string | readonly string[];
  readonly Condition?: string;
}

/** The parts of a CloudFormation template that the laptop reads. */
export interface Template {
  readonly Resources: Readonly<Record<string, TemplateResource>>;
  readonly Outputs?: Readonly<
    Record<string, { readonly Value: unknown; readonly Condition?: string }>
  >;
  readonly Parameters?: Readonly<
    Record<
      string,
      { readonly Type: string; readonly Default?: string; readonly AllowedPattern?: string }
    >
  >;
  readonly Conditions?: Readonly<Record<string, unknown>>;
}

/** The template in `value`; `file` is named when it is none. */
export function parseTemplate(value: unknown, file: string): Template {
  if (!isObject(value) || !isObject(value['Resources'])) {
    throw assemblyError(`${file} is not a CloudFormation template: it has no Resources`);
  }
  for (const [id, resource] of Object.entries(value['Resources'])) {
    if (!isObject(resource) || typeof resource['Type'] !== 'string') {
      throw assemblyError(`${file}: resource ${id} has no Type`);
    }
  }
  return value as unknown as Template;
}

/** Whether `value` is a JSON object: neither null nor an array. */
export function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
