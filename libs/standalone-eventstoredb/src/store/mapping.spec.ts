import { describe, expect, it } from '@jest/globals';
import { MappingWatch } from './mapping.js';

const MIB = 1024 * 1024;

describe('the watch over what is mapped', () => {
  it('asks for the file to be opened anew when it, not the program, has come to take too much', () => {
    let mapped: number | undefined = 60 * MIB;
    const watch = new MappingWatch(() => mapped);
    mapped += 40 * MIB;
    expect(watch.touch(40 * MIB)).toBe(false);
    mapped += 10 * MIB;
    expect(watch.touch(7 * MIB)).toBe(false);
    expect(watch.touch(2 * MIB)).toBe(true);
    mapped = 65 * MIB;
    watch.reset();
    mapped += 40 * MIB;
    expect(watch.touch(40 * MIB)).toBe(false);
  });

  it('goes by what was read where the system does not tell', () => {
    const watch = new MappingWatch(() => undefined);
    expect(watch.touch(40 * MIB)).toBe(false);
    expect(watch.touch(10 * MIB)).toBe(true);
    watch.reset();
    expect(watch.touch(40 * MIB)).toBe(false);
  });
});
