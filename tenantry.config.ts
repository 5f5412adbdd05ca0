import { defineConfig } from '@tenantry/migrations';

export default defineConfig({
  migrations: ['packages/tenancy/migrations', 'packages/polls/migrations'],
  types: 'packages/polls/src/generated',
  onCreateAdmin: 'packages/polls/src/on-create-admin.ts',
});
