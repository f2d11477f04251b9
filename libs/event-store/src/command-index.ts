/**
 * The commands that a stream has recorded: 16 bytes of id, 8 bytes of the hash of its input and the revision of its last event, in open
 * addressing over typed arrays: 32 bytes a slot, where a Map of strings takes several hundred. 64 bits of the input hash are enough to
 * refuse another input; before a first result is given out, the whole hash is compared with the stored one.
 */
export class CommandIndex {
  #words = new Uint32Array(INITIAL_SLOTS * WORDS);
  #slots = INITIAL_SLOTS;
  #size = 0;

  get size(): number {
    return this.#size;
  }

  get bytes(): number {
    return this.#words.byteLength;
  }

  /** Remembers a command, or moves a known one on to a later event of it. */
  add(commandId: string, inputHash: string, revision: bigint): void {
    if ((this.#size + 1) * 4 > this.#slots * 3) this.#grow();
    const key = keyOf(commandId);
    const slot = this.#slotOf(key);
    if (this.#words[slot + USED] === 0) this.#size++;
    this.#words.set(key, slot);
    this.#words[slot + 4] = word(inputHash, 0);
    this.#words[slot + 5] = word(inputHash, 8);
    this.#words[slot + 6] = Number(revision & 0xffff_ffffn);
    this.#words[slot + USED] = Number(revision >> 32n) + 1;
  }

  /** The revision of the command's last event, and whether its input had the same hash; undefined when it is not known. */
  find(commandId: string, inputHash: string): { readonly revision: bigint; readonly sameInput: boolean } | undefined {
    const slot = this.#slotOf(keyOf(commandId));
    if (this.#words[slot + USED] === 0) return undefined;
    const sameInput = this.#words[slot + 4] === word(inputHash, 0) && this.#words[slot + 5] === word(inputHash, 8);
    const revision = (BigInt(this.#words[slot + USED]! - 1) << 32n) | BigInt(this.#words[slot + 6]!);
    return { revision, sameInput };
  }

  /** Offset of the command's slot, or of the free one where it belongs. */
  #slotOf(key: readonly number[]): number {
    // The ids are UUIDs of version 5: any of their words is a good hash of them.
    let index = key[0]! % this.#slots;
    for (;;) {
      const slot = index * WORDS;
      if (this.#words[slot + USED] === 0 || this.#holds(slot, key)) return slot;
      index = index + 1 === this.#slots ? 0 : index + 1;
    }
  }

  #holds(slot: number, key: readonly number[]): boolean {
    const words = this.#words;
    return (
      words[slot] === key[0] && words[slot + 1] === key[1] && words[slot + 2] === key[2] && words[slot + 3] === key[3]
    );
  }

  #grow(): void {
    const old = this.#words;
    this.#slots *= 2;
    this.#words = new Uint32Array(this.#slots * WORDS);
    for (let slot = 0; slot < old.length; slot += WORDS) {
      if (old[slot + USED] === 0) continue;
      const entry = old.subarray(slot, slot + WORDS);
      this.#words.set(entry, this.#slotOf([entry[0]!, entry[1]!, entry[2]!, entry[3]!]));
    }
  }
}

const WORDS = 8;
/** High word of the revision plus one: 0 marks a free slot. */
const USED = 7;
const INITIAL_SLOTS = 4;

function keyOf(uuid: string): [number, number, number, number] {
  return [word(uuid, 0), joined(half(uuid, 9), half(uuid, 14)), joined(half(uuid, 19), half(uuid, 24)), word(uuid, 28)];
}

/** Eight lower-case hexadecimal digits: `parseInt` would take a text of its own for each word of each command. */
function word(hex: string, at: number): number {
  return joined(half(hex, at), half(hex, at + 4));
}

function joined(high: number, low: number): number {
  return ((high << 16) | low) >>> 0;
}

function half(hex: string, at: number): number {
  return (digit(hex, at) << 12) | (digit(hex, at + 1) << 8) | (digit(hex, at + 2) << 4) | digit(hex, at + 3);
}

/** '0'–'9' are 48–57, 'a'–'f' are 97–102. */
function digit(hex: string, at: number): number {
  const code = hex.charCodeAt(at);
  return code < 58 ? code - 48 : code - 87;
}
