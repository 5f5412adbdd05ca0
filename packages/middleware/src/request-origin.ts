import type { APIGatewayProxyEventV2 } from 'aws-lambda';

/** By what scheme and port a request came to the gateway. */
export interface Entrance {
  readonly scheme: 'https' | 'http';
  /** Undefined for the scheme's own. */
  readonly port: number | undefined;
}

const ownPorts = { https: 443, http: 80 };

/** The entrance that the gateway names in the headers it sets itself; HTTPS where it names none, as there is nothing else on AWS. */
export function entranceOf(header: (name: string) => string | undefined): Entrance {
  const scheme = header('x-forwarded-proto') === 'http' ? 'http' : 'https';
  const given = header('x-forwarded-port') ?? '';
  const port = /^[1-9]\d{0,4}$/.test(given) ? Number(given) : ownPorts[scheme];
  return { scheme, port: port === ownPorts[scheme] ? undefined : port };
}

/** The origin of another host at the same entrance: `https://acme.example.com`, `http://acme.localhost:8787`. */
export function originAt({ scheme, port }: Entrance, host: string): string {
  return `${scheme}://${host}${port === undefined ? '' : `:${port}`}`;
}

/** The origin that a request was sent to, as a browser writes it in the header `origin`. */
export function originOf({ headers, requestContext }: APIGatewayProxyEventV2): string {
  return originAt(
    entranceOf((name) => headers[name]),
    requestContext.domainName,
  );
}
