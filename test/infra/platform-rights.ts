import { listOf, refOf, textOf, wordsOf } from './platform-template.ts';
import type { Part, PlatformTemplate, Resource } from './platform-template.ts';

/** What a statement of a policy allows. */
export interface Right {
  readonly actions: readonly string[];
  /** In words: a secret's name, or the text of an ARN with logical ids. */
  readonly resources: readonly string[];
  /** When it does; undefined for always. */
  readonly condition: unknown;
}

/** The beginning of a service's ARNs in the stack's own account and Region. */
export function arnHead(service: string): string {
  return `arn:AWS::Partition:${service}:AWS::Region:AWS::AccountId:`;
}

/** The rights that a template gives. */
export class PlatformRights {
  private readonly platform: PlatformTemplate;
  private readonly secretNames: ReadonlyMap<string, string>;

  constructor(platform: PlatformTemplate) {
    this.platform = platform;
    const secrets = platform.ofType('AWS::SecretsManager::Secret');
    this.secretNames = new Map(
      secrets.map(({ id, Properties }) => [id, wordsOf(Properties['Name'])]),
    );
  }

  /** What a role may do. */
  ofRole(roleId: string): Right[] {
    return this.platform
      .ofType('AWS::IAM::Policy')
      .filter(({ Properties }) => listOf(Properties['Roles']).map(refOf).includes(roleId))
      .flatMap(({ Properties }) => listOf(Properties['PolicyDocument']?.['Statement']))
      .map((statement) => this.parseStatement(statement));
  }

  /** What a function may do. */
  ofFunction(function_: Resource): Right[] {
    return this.ofRole(refOf(function_.Properties['Role']));
  }

  /** The resources on which a function may do something. */
  resourcesOf(function_: Resource, action: string): string[] {
    return this.ofFunction(function_)
      .filter(({ actions }) => actions.includes(action))
      .flatMap(({ resources }) => resources)
      .toSorted();
  }

  /** Which function may do something to which resource, as `<function> <resource>`. */
  whoMay(action: string): string[] {
    return [...this.platform.functions()]
      .flatMap(([name, function_]) =>
        this.resourcesOf(function_, action).map((resource) => `${name} ${resource}`),
      )
      .toSorted();
  }

  private parseStatement(statement: Part): Right {
    const { Effect, Action, Resource: resource, Condition: condition, ...more } = statement;
    if (textOf(Effect) !== 'Allow' || Object.keys(more).length > 0)
      throw new Error(`not a right as ours are: ${JSON.stringify(statement)}`);
    return {
      actions: listOf(Action).map(textOf),
      resources: listOf(resource).map((it) => this.nameResource(it)),
      condition,
    };
  }

  private nameResource(resource: Part): string {
    const name = wordsOf(resource, (id) => this.secretNames.get(id) ?? id);
    return name.endsWith('.MasterUserSecret.SecretArn') ? 'admin' : name;
  }
}
