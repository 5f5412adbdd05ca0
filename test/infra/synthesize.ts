import { mkdirSync, mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Code } from 'aws-cdk-lib/aws-lambda';
import { App } from 'aws-cdk-lib/core';
import cdk from '../../cdk.json' with { type: 'json' };
import { PlatformStack } from '../../infra/platform-stack.ts';
import { AwsSolutionsChecks } from 'cdk-nag';
import { Validations } from 'aws-cdk-lib/core';

const app = new App({ context: cdk.context, analyticsReporting: false });
const dir = mkdtempSync(join(tmpdir(), 'x')); writeFileSync(join(dir,'index.mjs'),'');
new PlatformStack(app, 'tenantry-dev', {stage:'dev', maxCapacity: 8, domain: process.argv[2], certificateArn: process.argv[3], migrations:{hash:'h', scopes:{catalog:{hash:'c'}}}, code: () => Code.fromAsset(dir)});
const t=performance.now();
if(!process.argv[4])Validations.of(app).addPlugins(new AwsSolutionsChecks(app));
try { console.log(app.synth().directory);} catch(e) {console.log(e)}
console.log(performance.now()-t);
