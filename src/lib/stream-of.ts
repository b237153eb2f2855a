/** Streams a source at its reader's pace, and ends the source when the reader leaves. */
export function streamOf<T>(source: AsyncIterable<T>, encode: (value: T) => Uint8Array): ReadableStream<Uint8Array> {
  const iterator = source[Symbol.asyncIterator]();
  return new ReadableStream({
    async pull(controller) {
      const next = await iterator.next();
      if (next.done) controller.close();
      else controller.enqueue(encode(next.value));
    },
    async cancel() {
      await iterator.return?.();
    },
  });
}
