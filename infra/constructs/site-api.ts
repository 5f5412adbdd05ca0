import { Duration } from 'aws-cdk-lib/core';
import { Construct } from 'constructs';
import type { IDependable } from 'constructs';
import type { Platform } from '../platform.ts';
import { HostApi } from './host-api.ts';
import type { CustomHost } from './host-api.ts';
import { TenantFunction } from './tenant-function.ts';

/** Properties of `SiteApi`. */
export interface SiteApiProps {
  readonly platform: Platform;
  /** A new version goes live only after this. */
  readonly liveAfter: IDependable;
  /**
   * The host of the operator's own site.
   * @default - the API answers at its default endpoint
   */
  readonly host?: CustomHost;
}

/** The operator's own site at the main domain. Its function reaches no tenant. */
export class SiteApi extends Construct {
  readonly api: HostApi;

  constructor(scope: Construct, id: string, props: SiteApiProps) {
    super(scope, id);
    const { platform, ...apiProps } = props;
    const handler = new TenantFunction(this, 'handler', {
      platform,
      name: 'site',
      entry: 'site/index',
      timeout: Duration.seconds(29),
      logsInAs: ['site'],
      environment: { baseDomain: platform.baseDomain },
    });
    this.api = new HostApi(this, 'api', {
      ...apiProps,
      stage: platform.stage,
      name: 'site',
      handler,
    });
  }
}
