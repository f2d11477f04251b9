export { family, Histogram, processLines } from './prometheus.js';
