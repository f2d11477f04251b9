import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { sha256Hex, uuidV5, PROJECT_NAMESPACE } from '#libs/kernel';
import { CommandIndex } from './command-index.js';

const idOf = (n: number) => uuidV5(PROJECT_NAMESPACE, `c${n}`);
const hashOf = (n: number) => sha256Hex(`i${n}`);

describe('CommandIndex', () => {
  it('remembers as a Map would', () => {
    const steps = fc.array(fc.record({ command: fc.nat(60), revision: fc.bigInt({ min: 0n, max: 2n ** 50n }) }), {
      maxLength: 200,
    });
    fc.assert(
      fc.property(steps, (list) => {
        const index = new CommandIndex();
        const model = new Map<number, bigint>();
        for (const { command, revision } of list) {
          index.add(idOf(command), hashOf(command), revision);
          model.set(command, revision);
        }
        expect(index.size).toBe(model.size);
        for (let n = 0; n <= 61; n++) {
          const revision = model.get(n);
          expect(index.find(idOf(n), hashOf(n))).toEqual(
            revision === undefined ? undefined : { revision, sameInput: true },
          );
        }
      }),
    );
  });

  it('tells another input apart', () => {
    const index = new CommandIndex();
    index.add(idOf(1), hashOf(1), 7n);
    expect(index.find(idOf(1), hashOf(2))).toEqual({ revision: 7n, sameInput: false });
  });

  it('takes at most 86 bytes a command', () => {
    const index = new CommandIndex();
    for (let n = 0; n < 100_000; n++) index.add(idOf(n), hashOf(n), BigInt(n));
    expect(index.size).toBe(100_000);
    expect(index.bytes / index.size).toBeLessThanOrEqual(86);
    for (let n = 0; n < 100_000; n += 997) expect(index.find(idOf(n), hashOf(n))?.revision).toBe(BigInt(n));
  });

  it('keeps ids apart that share their first word', () => {
    const index = new CommandIndex();
    const tail = idOf(1).slice(8);
    const ids = ['00000000', '00000001', '00000004', '00000000'].map(
      (head, i) => head + (i === 3 ? idOf(2).slice(8) : tail),
    );
    ids.forEach((id, n) => index.add(id, hashOf(n), BigInt(n)));
    ids.forEach((id, n) => expect(index.find(id, hashOf(n))).toEqual({ revision: BigInt(n), sameInput: true }));
  });
});
