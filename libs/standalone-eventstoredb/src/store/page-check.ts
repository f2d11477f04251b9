import { closeSync, existsSync, openSync, readSync } from 'node:fs';
import { join } from 'node:path';
import { DATA_FILE, type Header, newestHeader } from './data-file.js';
import { DamagedError } from './storage-error.js';

/** Of the leaves of a very large file only so many are looked at, that a start does not take long. */
const LIMIT_MS = 125;
const BLOCK_PAGES = 8;

/**
 * Layout of lmdb's pages. Page: u64 number · u64 commit · u16 · u16 flags at 18 · u16 lower at 20 · u16 upper at 22, then the
 * offsets (u16, behind the header) of its nodes. Node: u32 size or low part of a page number · u16 flags or high part · u16
 * key size, key, data. Data on pages of its own: u64 first page · u64 commit · u64 pages. Table: u32 · u16 flags · u16 depth
 * · 4 × u64 counts · u64 root.
 */
const HEAD = 24;
const BRANCH = 1;
const LEAF = 2;
const OVERFLOW = 4;
const KINDS = BRANCH | LEAF | OVERFLOW | 8;
const BIG_DATA = 1;
const TABLE_DATA = 2;
const NODE_HEAD = 8;
const TABLE_LENGTH = 48;
const INTEGER_KEYS = 8;
const NO_PAGE = 2n ** 64n - 1n;

/**
 * Looks whether the pages of the data file make up trees: lmdb trusts what it reads, and a page that is not what was written
 * (a disk gone bad, a file edited by hand) can end the process. What is inside the values has checksums of its own. The pages
 * that lead to the leaves come first, all of them (one in 100 and more); then as many leaves as there is time for, the latest first.
 * Returns whether there was the time for all of it. Throws {@link DamagedError}.
 */
export function checkPages(dataDir: string, limitMs = LIMIT_MS): boolean {
  const path = join(dataDir, DATA_FILE);
  if (!existsSync(path)) return true;
  const descriptor = openSync(path, 'r');
  try {
    const header = newestHeader(descriptor);
    return header === undefined || new PageCheck(descriptor, header, path).run(performance.now() + limitMs);
  } finally {
    closeSync(descriptor);
  }
}

interface Tree {
  readonly where: string;
  readonly entries: number;
  /** It holds the roots of the others. */
  readonly ofTables: boolean;
  found: number;
}

interface Todo {
  readonly tree: Tree;
  readonly page: number;
  /** Levels below it, itself included. */
  readonly depth: number;
}

class PageCheck {
  private readonly ways: Todo[] = [];
  private readonly leaves: Todo[] = [];
  private readonly trees: Tree[] = [];
  private readonly block: Buffer;
  private blockAt = -1;

  constructor(
    private readonly descriptor: number,
    private readonly header: Header,
    private readonly path: string,
  ) {
    this.block = Buffer.alloc(BLOCK_PAGES * header.pageSize);
  }

  run(until: number): boolean {
    const [free, tables] = this.header.tables;
    this.addTable(free!, 'its header');
    this.addTable(tables!, 'its header', true);
    for (let looked = 0; ;) {
      const way = this.ways.pop();
      const next = way ?? this.leaves.pop();
      if (next === undefined) break;
      if (way === undefined && looked++ % 64 === 0 && performance.now() > until) return false;
      this.look(next);
    }
    for (const { where, entries, found } of this.trees) this.expect(found === entries, where);
    return true;
  }

  private look({ tree, page, depth }: Todo): void {
    const bytes = this.read(page);
    const kind = bytes.readUInt16LE(18) & KINDS;
    const space = this.header.pageSize - HEAD;
    const [lower, upper] = [bytes.readUInt16LE(20), bytes.readUInt16LE(22)];
    this.expect(kind === (depth > 1 ? BRANCH : LEAF) && lower >= 2 && lower <= upper && upper <= space, page);
    for (let at = 0; at < lower; at += 2) {
      const offset = bytes.readUInt16LE(HEAD + at);
      this.expect(offset >= upper && offset + NODE_HEAD <= space, page);
      this.lookAtNode(bytes.subarray(HEAD + offset), { tree, page, depth });
    }
    if (depth === 1) tree.found += lower / 2;
  }

  private lookAtNode(node: Buffer, { tree, page, depth }: Todo): void {
    const flags = node.readUInt16LE(4);
    const data = NODE_HEAD + node.readUInt16LE(6);
    if (depth > 1) {
      this.expect(data <= node.length, page);
      this.add({ tree, page: node.readUInt32LE(0) + flags * 2 ** 32, depth: depth - 1 }, `page ${page}`);
      return;
    }
    const size = node.readUInt32LE(0);
    this.expect((flags & ~(BIG_DATA | TABLE_DATA)) === 0, page);
    this.expect(data + ((flags & BIG_DATA) !== 0 ? HEAD : size) <= node.length, page);
    if ((flags & BIG_DATA) !== 0) this.lookAtBigData(node.subarray(data), size, page);
    else if ((flags & TABLE_DATA) !== 0) this.addTable(node.subarray(data, data + size), `page ${page}`);
  }

  private lookAtBigData(place: Buffer, size: number, page: number): void {
    const [first, pages] = [Number(place.readBigUInt64LE(0)), Number(place.readBigUInt64LE(16))];
    const enough = pages * this.header.pageSize >= HEAD + size;
    this.expect(first > 1 && enough && first + pages - 1 <= this.header.lastPage, page);
  }

  private addTable(table: Buffer, where: string, ofTables = false): void {
    this.expect(table.length === TABLE_LENGTH && (table.readUInt16LE(4) & ~INTEGER_KEYS) === 0, where);
    const root = table.readBigUInt64LE(40);
    const tree: Tree = { where, entries: Number(table.readBigUInt64LE(32)), ofTables, found: 0 };
    this.trees.push(tree);
    if (root !== NO_PAGE) this.add({ tree, page: Number(root), depth: table.readUInt16LE(6) }, where);
  }

  private add(todo: Todo, where: string): void {
    this.expect(todo.page > 1 && todo.page <= this.header.lastPage && todo.depth >= 1, where);
    (todo.depth > 1 || todo.tree.ofTables ? this.ways : this.leaves).push(todo);
  }

  /** A page, after a look at whether it is the one of that number, of a commit that there was. */
  private read(page: number): Buffer {
    const { pageSize, commit } = this.header;
    const block = page - (page % BLOCK_PAGES);
    if (block !== this.blockAt) {
      this.block.fill(0);
      readSync(this.descriptor, this.block, 0, this.block.length, block * pageSize);
      this.blockAt = block;
    }
    const bytes = this.block.subarray((page - block) * pageSize, (page - block + 1) * pageSize);
    this.expect(Number(bytes.readBigUInt64LE(0)) === page && Number(bytes.readBigUInt64LE(8)) <= commit, page);
    return bytes;
  }

  private expect(sound: boolean, where: number | string): void {
    if (sound) return;
    const place = typeof where === 'number' ? `page ${where}` : where;
    throw new DamagedError(`${place} of ${this.path} is not what was written`);
  }
}
