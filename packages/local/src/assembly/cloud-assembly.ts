import { readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { assemblyError } from './assembly-error.ts';
import { parseTemplate, type Template } from './template.ts';

/** A synthesized CDK application: one stack's template, and where the code of its functions lies. */
export interface Assembly {
  /** Absolute path of the assembly's folder. */
  readonly dir: string;
  readonly stackName: string;
  readonly template: Template;
  /** Absolute folder of each file asset, by the hash that the template's `S3Key` holds. */
  readonly assetDirs: ReadonlyMap<string, string>;
}

interface ManifestArtifact {
  readonly type?: string;
  readonly properties?: {
    readonly templateFile?: string;
    readonly file?: string;
    readonly stackName?: string;
  };
}

/**
 * The assembly in `dir`, as `cdk synth` or the application itself wrote it. Throws `LocalError` (`LOCAL_ASSEMBLY_INVALID`) for a
 * folder without a manifest, or with more or less than one stack.
 */
export function readAssembly(dir: string): Assembly {
  const root = resolve(dir);
  const artifacts = Object.entries(readManifest(root));
  const stacks = artifacts.filter(([, artifact]) => artifact.type === 'aws:cloudformation:stack');
  const [stack] = stacks;
  if (stack === undefined || stacks.length > 1) {
    const names = stacks.map(([id]) => id).join(', ') || 'none';
    throw assemblyError(`${root} must hold exactly one stack; found: ${names}`);
  }
  const [id, { properties = {} }] = stack;
  const templateFile = join(root, properties.templateFile ?? `${id}.template.json`);
  return {
    dir: root,
    stackName: properties.stackName ?? id,
    template: parseTemplate(readJson(templateFile), templateFile),
    assetDirs: readAssetDirs(
      root,
      artifacts.map(([, artifact]) => artifact),
    ),
  };
}

function readManifest(root: string): Record<string, ManifestArtifact> {
  const manifest = readJson(join(root, 'manifest.json')) as {
    artifacts?: Record<string, ManifestArtifact>;
  };
  if (manifest.artifacts === undefined) {
    throw assemblyError(`${join(root, 'manifest.json')} lists no artifacts`);
  }
  return manifest.artifacts;
}

function readAssetDirs(root: string, artifacts: readonly ManifestArtifact[]): Map<string, string> {
  const files = artifacts
    .filter(({ type }) => type === 'cdk:asset-manifest')
    .map(({ properties }) => properties?.file)
    .filter((file) => file !== undefined);
  return new Map(
    files
      .flatMap((file) => Object.entries(readAssetManifest(join(root, file)).files ?? {}))
      .map(([hash, { source }]) => [hash, resolve(root, source.path)]),
  );
}

function readAssetManifest(file: string): { files?: Record<string, { source: { path: string } }> } {
  return readJson(file) as { files?: Record<string, { source: { path: string } }> };
}

function readJson(file: string): unknown {
  try {
    return JSON.parse(readFileSync(file, 'utf8'));
  } catch (cause) {
    throw assemblyError(`${file} cannot be read (${(cause as Error).message})`, cause);
  }
}
