import { expect, test } from 'vitest';
import { AwsError } from './aws-error.ts';
import { readMembers, toErrorAnswer, toResultAnswer } from './query-protocol.ts';

const namespace = 'https://example.com/doc/';

test('lists of structures are read from a form, those of plain values under an empty name', () => {
  const form = new URLSearchParams({
    'Tags.member.1.Key': 'a',
    'Tags.member.1.Value': '1',
    'Tags.member.2.Key': 'b',
    'Names.member.1': 'x',
    'Tagses.member.1.Key': 'other',
    Action: 'Do',
  });
  expect(readMembers(form, 'Tags')).toEqual([{ Key: 'a', Value: '1' }, { Key: 'b' }]);
  expect(readMembers(form, 'Names')).toEqual([{ '': 'x' }]);
  expect(readMembers(form, 'Nothing')).toEqual([]);
});

test('a result is XML: fields as elements, items as members, dates in ISO, nothing for what has no value', () => {
  const result = {
    Name: 'a<b>&c',
    At: new Date(0),
    Is: false,
    None: undefined,
    Empty: [],
    List: [{ X: 1 }, { X: 2 }],
  };
  const { status, body } = toResultAnswer(namespace, 'Do', result);
  expect(status).toBe(200);
  expect(body).toContain(
    `<DoResponse xmlns="${namespace}"><DoResult><Name>a&lt;b&gt;&amp;c</Name><At>1970-01-01T00:00:00.000Z</At>` +
      '<Is>false</Is><Empty></Empty><List><member><X>1</X></member><member><X>2</X></member></List></DoResult>',
  );
});

test('an error has its name, its message without what XML cannot hold, and its status', () => {
  const { status, body } = toErrorAnswer(
    namespace,
    new AwsError('Bad', 'line\nwith \u0000\u0007', 403),
  );
  expect(status).toBe(403);
  expect(body).toContain(
    '<Error><Type>Sender</Type><Code>Bad</Code><Message>line\nwith   </Message></Error>',
  );
});
