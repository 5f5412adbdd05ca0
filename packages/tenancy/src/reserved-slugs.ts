/** Names no tenant can have: hosts of the platform itself, of mail and certificate machinery, and words that pose as authority. */
export const reservedSlugs: ReadonlySet<string> = new Set(
  `abuse account accounts admin administrator api app apps auth autoconfig autodiscover billing blog
  broadcasthost catalog cdn console control dashboard demo-admin dev dns docs download email example
  files ftp git graphql health help host hostmaster imap info internal invalid isatap local localhost
  login logout mail mailer-daemon main marketing metrics monitor mta-sts news noc nobody noreply no-reply
  null ns ns1 ns2 oauth operator owner payment platform pop pop3 portal postmaster private proxy public
  register root sales schema security self shared site smtp ssh ssl staff staging static status store
  support sysadmin system team tenant tenantry tenants test undefined usenet uucp webmail webmaster wiki
  wpad www www1 www2 web`
    .split(/\s+/)
    .filter((word) => word !== ''),
);
