import { randomBytes, scrypt, timingSafeEqual, type ScryptOptions } from 'node:crypto';

interface Parameters {
  /** Cost: memory is 128 × cost × blockSize bytes. */
  readonly cost: number;
  readonly blockSize: number;
  readonly parallelization: number;
}

// OWASP's choice for 16 MiB of memory.
const parameters: Parameters = { cost: 2 ** 14, blockSize: 8, parallelization: 5 };
const keyBytes = 32;

/** Text from which a password can be recognised but not read: `scrypt$<cost>$<block size>$<parallelization>$<salt>$<key>`. */
export async function createPasswordVerifier(password: string): Promise<string> {
  const salt = randomBytes(16);
  return toVerifier(salt, await deriveKey(password, salt, parameters));
}

/**
 * Whether the password is the verifier's. Without a verifier it is not, after the same work, so that the time tells nobody which
 * accounts there are. Throws `TypeError` for a text that is no verifier.
 */
export async function isPasswordOf(
  password: string,
  verifier: string | undefined,
): Promise<boolean> {
  const { salt, key, ...stored } = parseVerifier(verifier ?? nobodysVerifier);
  const derived = await deriveKey(password, salt, stored);
  return timingSafeEqual(derived, key) && verifier !== undefined;
}

const nobodysVerifier = toVerifier(Buffer.alloc(16), Buffer.alloc(keyBytes));

function toVerifier(salt: Buffer, key: Buffer): string {
  const { cost, blockSize, parallelization } = parameters;
  const bytes = [salt, key].map((part) => part.toString('base64url'));
  return ['scrypt', cost, blockSize, parallelization, ...bytes].join('$');
}

function parseVerifier(verifier: string): Parameters & { salt: Buffer; key: Buffer } {
  const [, cost, blockSize, parallelization, salt = '', key = ''] =
    /^scrypt\$(\d+)\$(\d+)\$(\d+)\$([\w-]+)\$([\w-]{43})$/.exec(verifier) ?? [];
  if (key === '') throw new TypeError('this is no password verifier');
  return {
    cost: Number(cost),
    blockSize: Number(blockSize),
    parallelization: Number(parallelization),
    salt: Buffer.from(salt, 'base64url'),
    key: Buffer.from(key, 'base64url'),
  };
}

async function deriveKey(password: string, salt: Buffer, options: ScryptOptions): Promise<Buffer> {
  return await new Promise((resolve, reject) => {
    scrypt(password, salt, keyBytes, options, (error, key) =>
      error === null ? resolve(key) : reject(error),
    );
  });
}
