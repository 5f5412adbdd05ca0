import type { Template } from 'aws-cdk-lib/assertions';

/** A part of a template: an object or list whose members are asked for by name, or a plain value. */
export interface Part {
  readonly [member: string]: Part | undefined;
}

/** One resource of a template. */
export interface Resource {
  readonly id: string;
  readonly Type: string;
  readonly Properties: Part;
  readonly DependsOn?: readonly string[];
  readonly DeletionPolicy?: string;
  readonly UpdateReplacePolicy?: string;
}

/** A template with the questions that our tests ask of it. */
export class PlatformTemplate {
  readonly template: Template;
  readonly resources: readonly Resource[];

  constructor(template: Template) {
    this.template = template;
    const resources = template.toJSON()['Resources'] as Record<string, Omit<Resource, 'id'>>;
    this.resources = Object.entries(resources).map(([id, resource]) => ({ id, ...resource }));
  }

  /** All resources of a type. */
  ofType(type: string): readonly Resource[] {
    return this.resources.filter((resource) => resource.Type === type);
  }

  /** The one resource of a type whose properties have these values. */
  getOne(type: string, properties: Readonly<Record<string, unknown>> = {}): Resource {
    const [found, ...more] = this.ofType(type).filter((resource) =>
      Object.entries(properties).every(
        ([key, value]) => (resource.Properties[key] as unknown) === value,
      ),
    );
    if (found !== undefined && more.length === 0) return found;
    throw new Error(
      `${found === undefined ? 'no' : 'more than one'} ${type} ${JSON.stringify(properties)}`,
    );
  }

  /** Our functions, by the last part of their names; CDK's own helper functions have no name. */
  functions(): ReadonlyMap<string, Resource> {
    const named = this.ofType('AWS::Lambda::Function').filter(
      (it) => it.Properties['FunctionName'] !== undefined,
    );
    return new Map(
      named.map((it) => [textOf(it.Properties['FunctionName']).replace('tenantry-dev-', ''), it]),
    );
  }

  /** One of our state machines, by the last part of its name. */
  machine(name: string): Resource {
    return this.getOne('AWS::StepFunctions::StateMachine', {
      StateMachineName: `tenantry-dev-${name}`,
    });
  }

  /** The definition of one of our state machines; in place of a function's ARN it has the last part of the function's name. */
  definition(name: string): Definition {
    const nameById = new Map(
      [...this.functions()].map(([functionName, { id }]) => [id, functionName]),
    );
    const parts = listOf(this.machine(name).Properties['DefinitionString']?.['Fn::Join']?.['1']);
    const text = parts.map((part) => {
      const id = part['Fn::GetAtt']?.['0'];
      return id === undefined ? textOf(part) : nameById.get(textOf(id));
    });
    return JSON.parse(text.join('')) as Definition;
  }
}

/** A state machine's definition. */
export interface Definition {
  readonly StartAt: string;
  readonly States: Readonly<Record<string, Part>>;
}

/** The named state of a definition. */
export function stateOf(definition: Definition, name: string): Part {
  const state = definition.States[name];
  if (state === undefined) throw new Error(`no state "${name}"`);
  return state;
}

/** A part that is text. */
export function textOf(part: Part | undefined): string {
  const value: unknown = part;
  if (typeof value === 'string') return value;
  throw new Error(`not a text: ${JSON.stringify(part)}`);
}

/** A part that is a list; a single value, as policies write it, is a list of one. */
export function listOf(part: Part | undefined): readonly Part[] {
  const value: unknown = part;
  if (Array.isArray(value)) return value as Part[];
  return part === undefined ? [] : [part];
}

/** A part as text: what refers to a resource or parameter is told by its name, as `nameOf` gives it. */
export function wordsOf(part: Part | undefined, nameOf = (id: string): string => id): string {
  if (typeof (part as unknown) === 'string') return textOf(part);
  const { 'Fn::GetAtt': attribute, 'Fn::Join': join, 'Fn::Sub': text, Ref: ref } = part ?? {};
  if (attribute !== undefined) return `${nameOf(textOf(attribute['0']))}.${textOf(attribute['1'])}`;
  if (join === undefined) return ref === undefined ? textOf(text) : nameOf(textOf(ref));
  const words = listOf(join['1']).map((it) => wordsOf(it, nameOf));
  return words.join(textOf(join['0']));
}

/** The logical id that a part refers to. */
export function refOf(part: Part | undefined): string {
  return textOf(part?.['Ref'] ?? part?.['Fn::GetAtt']?.['0']);
}
