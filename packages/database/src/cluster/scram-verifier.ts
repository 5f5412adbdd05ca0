import { createHash, createHmac, pbkdf2, randomBytes } from 'node:crypto';
import { promisify } from 'node:util';

// PostgreSQL's own default (scram_iterations).
const iterations = 4096;
const derive = promisify(pbkdf2);

/**
 * The SCRAM-SHA-256 verifier of a password, as `CREATE ROLE ... PASSWORD` stores it, so that the password itself reaches neither a
 * statement nor a server log. It takes milliseconds of another thread. ASCII passwords only: others would need SASLprep.
 */
export async function scramVerifier(
  password: string,
  salt: Buffer = randomBytes(16),
): Promise<string> {
  if (!/^[\x20-\x7e]+$/.test(password)) throw new TypeError('a password must be printable ASCII');
  const salted = await derive(password, salt, iterations, 32, 'sha256');
  const clientKey = createHmac('sha256', salted).update('Client Key').digest();
  const storedKey = createHash('sha256').update(clientKey).digest('base64');
  const serverKey = createHmac('sha256', salted).update('Server Key').digest('base64');
  return `SCRAM-SHA-256$${iterations}:${salt.toString('base64')}$${storedKey}:${serverKey}`;
}
