import { Duration } from 'aws-cdk-lib/core';
import { Construct } from 'constructs';
import type { IDependable } from 'constructs';
import type { Platform } from '../platform.ts';
import { HostApi } from './host-api.ts';
import type { CustomHost } from './host-api.ts';
import { TenantFunction } from './tenant-function.ts';

/** What the application's function is made of, wherever it runs. */
export const applicationFunction = {
  entry: 'api/index',
  timeout: Duration.seconds(29),
  memorySize: 1024,
} as const;

/** Properties of `TenantApi`. */
export interface TenantApiProps {
  readonly platform: Platform;
  /** A new version goes live only after this. */
  readonly liveAfter: IDependable;
  /**
   * The wildcard host of all tenants.
   * @default - the API answers at its default endpoint
   */
  readonly host?: CustomHost;
}

/** The application's endpoints at the tenants' host names. The function logs in as tenants and as the reader of the catalog. */
export class TenantApi extends Construct {
  readonly api: HostApi;
  readonly handler: TenantFunction;

  constructor(scope: Construct, id: string, props: TenantApiProps) {
    super(scope, id);
    const { platform, ...apiProps } = props;
    const handler = new TenantFunction(this, 'handler', {
      platform,
      name: 'api',
      ...applicationFunction,
      logsInAs: ['catalog_reader'],
      reachesTenants: true,
      environment: { baseDomain: platform.baseDomain },
    });
    handler.allowOnTenantSecrets('secretsmanager:GetSecretValue');
    this.handler = handler;
    this.api = new HostApi(this, 'api', {
      ...apiProps,
      stage: platform.stage,
      name: 'api',
      handler,
    });
  }
}
