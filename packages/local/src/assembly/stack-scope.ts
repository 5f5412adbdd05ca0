import { UnresolvableError } from './assembly-error.ts';
import type { Assembly } from './cloud-assembly.ts';
import type { SecretGeneration, StackSecret } from './local-stack.ts';
import { noValue, referencesIn, resolveValue, type IntrinsicScope } from './resolve-intrinsics.ts';
import {
  findIdentify,
  generatedName,
  localStackId,
  type IdentitySource,
  type ResourceIdentity,
  type StackNames,
} from './resource-identity.ts';
import { isObject, type Template, type TemplateResource } from './template.ts';

/** What a resolver needs besides the assembly. */
export interface ResolveOptions {
  readonly region: string;
  readonly accountId: string;
  /** Gives the ARN of a secret and makes the secret when it does not exist; called once for each. */
  readonly ensureSecret: (secret: StackSecret) => string;
  /** Values of the template's parameters. @default - each parameter's own default */
  readonly parameters?: Readonly<Record<string, string>>;
  /** @default - the one of a stack of an assembly, which is made once and for all */
  readonly stackId?: string;
}

/** Reads a template's resources with all references resolved, one property at a time: what nobody asks for need not resolve. */
export class StackScope implements IntrinsicScope {
  readonly names: StackNames;
  readonly assembly: Assembly;
  readonly #template: Template;
  readonly #parameters: Readonly<Record<string, string>>;
  readonly #stackId: string;
  readonly #ensureSecret: ResolveOptions['ensureSecret'];
  readonly #identities = new Map<string, ResourceIdentity>();
  readonly #managedSecrets = new Map<string, string>();
  readonly #reading: { readonly logicalId: string; readonly text: string }[] = [];

  constructor(assembly: Assembly, options: ResolveOptions) {
    this.assembly = assembly;
    this.names = {
      stackName: assembly.stackName,
      region: options.region,
      accountId: options.accountId,
    };
    this.#template = assembly.template;
    this.#ensureSecret = options.ensureSecret;
    this.#parameters = options.parameters ?? {};
    this.#stackId = options.stackId ?? localStackId(this.names);
  }

  /** All resources whose condition holds. */
  resources(): [logicalId: string, resource: TemplateResource][] {
    return Object.entries(this.#template.Resources).filter(
      ([, { Condition }]) => Condition === undefined || this.condition(Condition),
    );
  }

  idsOfType(type: string): string[] {
    return this.resources()
      .filter(([, resource]) => resource.Type === type)
      .map(([logicalId]) => logicalId);
  }

  resource(logicalId: string): TemplateResource {
    const resource = this.#template.Resources[logicalId];
    if (resource === undefined) throw new UnresolvableError(`there is no resource ${logicalId}`);
    return resource;
  }

  /** Where a reader stopped: the properties being resolved, the one that was asked for first. */
  place(): string {
    return this.#reading.map(({ text }) => text).join(' > ');
  }

  /** The resource that a reader stopped at. */
  findStoppedAt(): string | undefined {
    return this.#reading[0]?.logicalId;
  }

  /** A property with every reference in it resolved. */
  value(logicalId: string, property: string): unknown {
    const { Type, Properties } = this.resource(logicalId);
    this.#reading.push({ logicalId, text: `${property} of ${logicalId} (${Type})` });
    const value = resolveValue(Properties?.[property], this);
    this.#reading.pop();
    return value === noValue ? undefined : value;
  }

  text(logicalId: string, property: string): string | undefined {
    const value = this.value(logicalId, property);
    if (value === undefined || typeof value === 'string') return value;
    throw new UnresolvableError(`${property} in ${logicalId} is not text`);
  }

  requiredText(logicalId: string, property: string): string {
    const value = this.text(logicalId, property);
    if (value === undefined) throw new UnresolvableError(`${logicalId} has no ${property}`);
    return value;
  }

  ref(name: string): unknown {
    if (name.startsWith('AWS::')) return this.#pseudoParameter(name);
    const parameter = this.#template.Parameters?.[name];
    if (parameter === undefined) return this.identity(name).ref;
    const given = this.#parameters[name];
    if (given !== undefined) return given;
    if (parameter.Default !== undefined && !parameter.Type.startsWith('AWS::SSM::')) {
      return parameter.Default;
    }
    throw new UnresolvableError(`parameter ${name} (${parameter.Type}) has no value here`);
  }

  getAtt(logicalId: string, attribute: string): string {
    const value = this.identity(logicalId).attributes[attribute];
    if (value !== undefined) return value;
    const { Type } = this.resource(logicalId);
    throw new UnresolvableError(
      `attribute ${attribute} of ${logicalId} (${Type}) has no value here`,
    );
  }

  condition(name: string): boolean {
    const condition = this.#template.Conditions?.[name];
    if (condition === undefined) throw new UnresolvableError(`there is no condition ${name}`);
    return resolveValue(condition, this) === true;
  }

  /** How a resource is referred to. Throws for one that means nothing here. */
  identity(logicalId: string): ResourceIdentity {
    const known = this.#identities.get(logicalId);
    if (known !== undefined) return known;
    const { Type } = this.resource(logicalId);
    const identify = findIdentify(Type);
    if (identify === undefined)
      throw new UnresolvableError(`${logicalId} (${Type}) has no value here`);
    const identity = identify(this.#identitySource(logicalId));
    this.#identities.set(logicalId, identity);
    return identity;
  }

  /** The logical id of the secret that holds a cluster's master user, if the template has one. */
  findMasterSecretId(clusterId: string): string | undefined {
    const { MasterUserPassword, MasterUserSecret } = this.resource(clusterId).Properties ?? {};
    return referencesIn([MasterUserPassword, MasterUserSecret]).find(
      (id) => this.#template.Resources[id]?.Type === 'AWS::SecretsManager::Secret',
    );
  }

  #identitySource(logicalId: string): IdentitySource {
    return {
      ...this.names,
      logicalId,
      text: (property) => this.text(logicalId, property),
      requiredText: (property) => this.requiredText(logicalId, property),
      secretArn: () => this.#ensureSecret(this.#describeSecret(logicalId)),
      managedSecretArn: () => this.#ensureManagedSecret(logicalId),
    };
  }

  #describeSecret(logicalId: string): StackSecret {
    const generation = this.#generationOf(logicalId);
    const masterOf = this.idsOfType('AWS::RDS::DBCluster').find(
      (clusterId) => this.findMasterSecretId(clusterId) === logicalId,
    );
    return {
      name: this.text(logicalId, 'Name') ?? generatedName({ ...this.names, logicalId }),
      logicalId,
      ...(generation === undefined ? {} : { generation }),
      ...(masterOf === undefined ? {} : { masterOf }),
    };
  }

  #ensureManagedSecret(clusterId: string): string {
    const known = this.#managedSecrets.get(clusterId);
    if (known !== undefined) return known;
    const name = `rds!${this.identity(clusterId).ref}`;
    const arn = this.#ensureSecret({ name, logicalId: clusterId, masterOf: clusterId });
    this.#managedSecrets.set(clusterId, arn);
    return arn;
  }

  #generationOf(logicalId: string): SecretGeneration | undefined {
    const rules = this.value(logicalId, 'GenerateSecretString');
    if (!isObject(rules)) return undefined;
    return {
      template: textOr('{}', rules['SecretStringTemplate']),
      key: textOr('password', rules['GenerateStringKey']),
      passwordLength: Number(rules['PasswordLength'] ?? 32),
      excludeCharacters: textOr('', rules['ExcludeCharacters']),
      excludeLowercase: rules['ExcludeLowercase'] === true,
      excludeUppercase: rules['ExcludeUppercase'] === true,
      excludeNumbers: rules['ExcludeNumbers'] === true,
      excludePunctuation: rules['ExcludePunctuation'] === true,
      includeSpace: rules['IncludeSpace'] === true,
      requireEachIncludedType: rules['RequireEachIncludedType'] !== false,
    };
  }

  #pseudoParameter(name: string): unknown {
    const { stackName, region, accountId } = this.names;
    const values: Record<string, unknown> = {
      'AWS::AccountId': accountId,
      'AWS::NoValue': noValue,
      'AWS::Partition': 'aws',
      'AWS::Region': region,
      'AWS::StackId': this.#stackId,
      'AWS::StackName': stackName,
      'AWS::URLSuffix': 'amazonaws.com',
    };
    if (!(name in values))
      throw new UnresolvableError(`pseudo parameter ${name} is not known here`);
    return values[name];
  }
}

function textOr(fallback: string, value: unknown): string {
  return typeof value === 'string' ? value : fallback;
}
