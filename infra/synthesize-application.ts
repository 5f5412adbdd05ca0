import { rmSync } from 'node:fs';
import { App, Validations } from 'aws-cdk-lib/core';
import { AwsSolutionsChecks } from 'cdk-nag';
import cdk from '../cdk.json' with { type: 'json' };
import { TenantApplication } from './tenant-application.ts';
import type { TenantApplicationProps } from './tenant-application.ts';

/** What is synthesized, and where it goes. */
export interface SynthesizeApplicationOptions extends TenantApplicationProps {
  /** Gets the template; what was in it is removed. */
  readonly outDir: string;
}

// The command line asks for these in every template of a synthesis; this one has to be the same without it.
const withoutMetadata = {
  'aws:cdk:enable-path-metadata': false,
  'aws:cdk:enable-asset-metadata': false,
};

/** Writes the template of dedicated tenants' stacks and gives its file. Throws when the policy checks find something in it. */
export function synthesizeApplication(options: SynthesizeApplicationOptions): string {
  const { outDir, ...props } = options;
  rmSync(outDir, { recursive: true, force: true });
  // An app of its own: the platform's assembly has one stack, and dedicated tenants' stacks are made later, by a workflow.
  const app = new App({
    context: cdk.context,
    postCliContext: withoutMetadata,
    analyticsReporting: false,
    treeMetadata: false,
    autoSynth: false,
    outdir: outDir,
  });
  const stack = new TenantApplication(app, 'tenant-application', props);
  Validations.of(app).addPlugins(new AwsSolutionsChecks(app));
  return app.synth().getStackArtifact(stack.artifactId).templateFullPath;
}
