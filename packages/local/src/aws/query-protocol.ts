import { randomUUID } from 'node:crypto';
import type { AwsAnswer } from './aws-request.ts';
import type { AwsError } from './aws-error.ts';

const headers = { 'content-type': 'text/xml' };

/** The structures of a list in a form: `Tags.member.1.Key` and so on, in their order. */
export function readMembers(
  form: URLSearchParams,
  list: string,
): readonly Readonly<Record<string, string>>[] {
  const members: Record<string, string>[] = [];
  for (const [name, value] of form) {
    const [, of, number, field = ''] = /^(\w+)\.member\.(\d{1,3})(?:\.(\w+))?$/.exec(name) ?? [];
    if (of === list) (members[Number(number)] ??= {})[field] = value;
  }
  return members.filter((member) => member !== undefined);
}

/** The answer of an operation of the Query protocol: `result` as XML. */
export function toResultAnswer(namespace: string, action: string, result: object): AwsAnswer {
  const body =
    `<${action}Response xmlns="${namespace}"><${action}Result>${toXml(result)}</${action}Result>` +
    `<ResponseMetadata><RequestId>${randomUUID()}</RequestId></ResponseMetadata></${action}Response>`;
  return { status: 200, headers, body };
}

/** An error of the Query protocol. */
export function toErrorAnswer(namespace: string, { name, message, status }: AwsError): AwsAnswer {
  const error = { Type: status < 500 ? 'Sender' : 'Receiver', Code: name, Message: message };
  const body =
    `<ErrorResponse xmlns="${namespace}"><Error>${toXml(error)}</Error>` +
    `<RequestId>${randomUUID()}</RequestId></ErrorResponse>`;
  return { status, headers, body };
}

/** An object's fields as elements, a list's items as `member`; a field without a value has none. */
function toXml(value: unknown): string {
  if (Array.isArray(value)) return value.map((item) => `<member>${toXml(item)}</member>`).join('');
  if (value instanceof Date) return value.toISOString();
  if (typeof value !== 'object' || value === null) return escapeXml(String(value));
  return Object.entries(value)
    .filter(([, field]) => field !== undefined)
    .map(([name, field]) => `<${name}>${toXml(field)}</${name}>`)
    .join('');
}

// XML has no way at all to write the other control characters.
function escapeXml(text: string): string {
  return text
    .replaceAll('&', '&amp;')
    .replaceAll('<', '&lt;')
    .replaceAll('>', '&gt;')
    .replaceAll('\r', '&#13;')
    .replace(/[^\P{Cc}\t\n]/gu, ' ');
}
