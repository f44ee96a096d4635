/** Record types, from include/uapi/linux/perf_event.h and tools/lib/perf/include/perf/event.h (64 and above). */
export const RECORD = {
  LOST: 2,
  COMM: 3,
  EXIT: 4,
  THROTTLE: 5,
  FORK: 7,
  SAMPLE: 9,
  LOST_SAMPLES: 13,
  SWITCH: 14,
  SWITCH_CPU_WIDE: 15,
  HEADER_ATTR: 64,
  TRACING_DATA: 66,
  FINISHED_ROUND: 68,
  AUXTRACE: 71,
  HEADER_FEATURE: 80,
  COMPRESSED: 81,
  COMPRESSED2: 83,
} as const;

/** LOST_SAMPLES that a BPF filter dropped on purpose. */
export const MISC_DROPPED_BY_FILTER = 1 << 15;
