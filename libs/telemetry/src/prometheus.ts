/** One family of figures in Prometheus' text format; labels as text, '' for none. */
export function family(name: string, type: string, help: string, values: ReadonlyMap<string, number>): string[] {
  const lines = [...values].map(([labels, value]) => `${name}${labels === '' ? '' : `{${labels}}`} ${value}`);
  return [`# HELP ${name} ${help}`, `# TYPE ${name} ${type}`, ...lines];
}

interface Buckets {
  readonly counts: number[];
  sum: number;
  count: number;
}

/** How often a figure was below each of some bounds. Labels are names of this program's own: no id, nothing of a person. */
export class Histogram {
  private readonly byLabels = new Map<string, Buckets>();

  constructor(
    private readonly name: string,
    private readonly help: string,
    private readonly bounds: readonly number[],
  ) {}

  observe(labels: string, value: number): void {
    let buckets = this.byLabels.get(labels);
    if (!buckets) this.byLabels.set(labels, (buckets = { counts: this.bounds.map(() => 0), sum: 0, count: 0 }));
    this.bounds.forEach((bound, index) => void (buckets.counts[index]! += value <= bound ? 1 : 0));
    buckets.sum += value;
    buckets.count += 1;
  }

  lines(): string[] {
    const { name } = this;
    const lines = [`# HELP ${name} ${this.help}`, `# TYPE ${name} histogram`];
    for (const [labels, { counts, sum, count }] of this.byLabels) {
      counts.forEach((below, index) => lines.push(`${name}_bucket{${labels},le="${this.bounds[index]}"} ${below}`));
      lines.push(`${name}_bucket{${labels},le="+Inf"} ${count}`);
      lines.push(`${name}_sum{${labels}} ${sum}`, `${name}_count{${labels}} ${count}`);
    }
    return lines;
  }
}

/** Memory and time of this process. */
export function processLines(): string[] {
  const { rss, heapUsed } = process.memoryUsage();
  const { user, system } = process.cpuUsage();
  return [
    ...family('process_resident_memory_bytes', 'gauge', 'Resident memory.', new Map([['', rss]])),
    ...family('nodejs_heap_used_bytes', 'gauge', 'Heap in use.', new Map([['', heapUsed]])),
    ...family('process_cpu_seconds_total', 'counter', 'Time on processors.', new Map([['', (user + system) / 1e6]])),
  ];
}
