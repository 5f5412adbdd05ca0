// Runs as a process of its own: the validator compiles its schemas at each call, which takes 60 MB that the runtime would keep.
import { text } from 'node:stream/consumers';
import validate from 'asl-validator';

/** @type {object[]} */
const definitions = JSON.parse(await text(process.stdin));
const errors = definitions.map((definition) => validate(definition).errorsText('; '));
process.stdout.write(JSON.stringify(errors));
