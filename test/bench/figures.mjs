/** What figures are made of; all times in milliseconds. */

export function median(numbers) {
  const sorted = [...numbers].sort((a, b) => a - b);
  const middle = Math.floor(sorted.length / 2);
  return sorted.length % 2 === 1 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2;
}

/** The value that so many percent of them do not exceed. */
export function percentile(numbers, percent) {
  const sorted = [...numbers].sort((a, b) => a - b);
  return sorted[Math.min(sorted.length - 1, Math.ceil((sorted.length * percent) / 100) - 1)];
}

export const rounded = (value, digits = 3) => Number(value.toFixed(digits));

/** Events per second. */
export const perSecond = (events, milliseconds) => Math.round((events * 1000) / milliseconds);

/** Runs `work(0…count−1)`, so many at a time; milliseconds. */
export async function timed(count, inFlight, work) {
  let next = 0;
  const startedAt = performance.now();
  const runner = async () => {
    while (next < count) await work(next++);
  };
  await Promise.all(Array.from({ length: inFlight }, runner));
  return performance.now() - startedAt;
}

/** Time, processor time and memory of this process from the call of `stopwatch` to that of its result. */
export function stopwatch() {
  const startedAt = performance.now();
  const cpuAtStart = process.cpuUsage();
  return () => {
    const milliseconds = performance.now() - startedAt;
    const { user, system } = process.cpuUsage(cpuAtStart);
    const peakRssMiB = Math.round(process.resourceUsage().maxRSS / 1024);
    return { milliseconds, cpuMilliseconds: (user + system) / 1000, peakRssMiB };
  };
}
