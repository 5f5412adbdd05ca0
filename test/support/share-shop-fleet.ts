import { afterAll, beforeAll, beforeEach } from 'vitest';
import { initial, openShopFleet, type ShopFleet } from './open-shop-fleet.ts';

/**
 * Gives `share` one fleet of shops for all tests of a file, which begin without tenants and runs, at the first migration. To be called outside
 * of tests.
 */
export function shareShopFleet(share: (fleet: ShopFleet) => void): void {
  let fleet: ShopFleet | undefined;
  beforeAll(async () => {
    fleet = await openShopFleet();
    share(fleet);
  });
  beforeEach(async () => {
    await fleet?.clear();
    await fleet?.build(initial);
  });
  afterAll(async () => await fleet?.close());
}
