import { describe, expect, it } from '@jest/globals';
import { ScriptInterpreter } from './interpreter.js';
import { Callable, type Value, toJson } from './values.js';

/** What a script hands to `out`. */
function outcome(source: string): unknown {
  const interpreter = new ScriptInterpreter(source);
  let value: Value;
  interpreter.offer('out', new Callable(([given]) => void (value = given)));
  interpreter.run();
  const json = toJson(value);
  return json === undefined ? undefined : JSON.parse(json);
}

describe('a script', () => {
  it.each([
    '1 + 2 * 3 - 4 / 2 % 3',
    '"1" + 2 + [3, [4]] + null + undefined + true',
    '[1 == "1", null == undefined, null == 0, [1] == 1, "a" < "b", 2 < "10", NaN == NaN]',
    'typeof missing + typeof null + typeof (() => 1) + typeof "x"',
    '(() => { var x = 1; { let x = 2; } if (true) { var y = x + 1 } return [x, y] })()',
    '(() => { let n = 0; for (var i = 0; i < 5; i++) { if (i === 1) continue; if (i === 4) break; n += i } return n })()',
    '(() => { let t = ""; for (const k in { a: 1, b: 2 }) t += k; for (const c of "xy") t += c; return t })()',
    '(() => { let i = 0; do { i++ } while (i < 3); while (i < 10) i *= 2; return i })()',
    '(() => { switch (2) { case 1: return "a"; case 2: case 3: return "b"; default: return "c" } })()',
    '(() => { try { throw new Error("e") } catch ({ message }) { return message } finally { } })()',
    '(() => { const { a, b: [c, ...d], ...e } = { a: 1, b: [2, 3, 4], f: 5 }; return [a, c, d, e] })()',
    '(({ a = 1, b } = {}, ...rest) => [a, b, rest])(undefined, 2, 3) ',
    '(() => { const o = { a: 1, ["b" + 1]: 2, ...{ c: 3 } }; delete o.a; o.d = o.b1++; return [o, "c" in o] })()',
    '(() => { let a = null; a ??= 1; a ||= 2; a &&= 3; a += 1; a **= 2; return a })()',
    '({ a: { b: null } }).a?.b?.c.d.e ?? "none"',
    '[3, 1, 2].sort().concat([4]).map((x, i) => x * i).filter(x => x > 0).reduce((a, b) => a + b, 0)',
    '[[1, [2]], 3].flat().concat([1, 2, 3].slice(-2), ["a"].join("-"), [1, 2].includes(2), [5, 6].indexOf(6))',
    '"Grüße-x".split("-")[0].toUpperCase().padStart(8, "*") + `${1 + 1}`.repeat(2) + "abc".slice(-2).substring(1)',
    'Object.entries({ a: 1 }).concat(Object.keys({ b: 1 }), Object.values([7]), [Object.assign({}, { x: 1 })])',
    'JSON.stringify(JSON.parse("{\\"a\\":[1,null]}")) + Number("3") + parseInt("7px") + Math.max(1, 9) + (1.005).toFixed(1)',
    'new Date("2026-02-03T04:05:06.007Z").toISOString() + new Date(0).getTime()',
    '(function f(n) { return n < 2 ? 1 : n * f(n - 1) })(10)',
    '(() => { return later(); function later() { return "hoisted" } })()',
    '[/^a.c$/.test("abc"), "aXbXc".replace("X", "-"), "aXbXc".replaceAll("X", "-"), !!"" , -"3", +true, ~5, void 0]',
    '[1, , 3].length + [..."ab", ...[1]].length',
    '((a, b) => { [a, b] = [b, a]; return [a, b] })(1, 2)',
  ])('computes as JavaScript does: %s', (expression) => {
    // The expressions are this file's own.
    const expected: unknown = (0, eval)(`(${expression})`);
    expect(outcome(`out(${expression})`)).toEqual(JSON.parse(JSON.stringify(expected)));
  });
});
