/*
 * The two stages of a job that writes groups into files: the chunks of its source, and then the
 * partitions of its groups. The API numbers them together, the partitions after the chunks.
 */

const partitionsOf = ({ output, progress: { total } }) => Math.min(output?.parts ?? 0, total);
/** How many chunks of its source a job has. */
const sourceChunksOf = (job) => job.progress.total - partitionsOf(job);
const isPartition = (job, number) => partitionsOf(job) > 0 && number >= sourceChunksOf(job);

/** `chunk 3`, or `partition 0 of 2`. */
function chunkName(job, number) {
  return isPartition(job, number)
    ? `partition ${count(number - sourceChunksOf(job))} of ${count(partitionsOf(job))}`
    : `chunk ${count(number)}`;
}

/** `3 chunks`, or `3 chunks and 1 partition`, of these numbers. */
function stageCount(job, numbers) {
  const [partitions, chunks] = split(numbers, (number) => isPartition(job, number));
  return bothStages(chunks.length, partitions.length);
}

function bothStages(chunks, partitions) {
  const named = [partitions && !chunks ? "" : counted(chunks, "chunk"),
    partitions ? counted(partitions, "partition") : ""];
  return named.filter(Boolean).join(" and ");
}

const counted = (size, what) => `${count(size)} ${what}${size === 1 ? "" : "s"}`;

/** The items that are so, and the others. */
function split(items, isSo) {
  return [items.filter(isSo), items.filter((item) => !isSo(item))];
}

/** How many partitions are done, of how many; null for a job without a second stage. */
function partitionsText(job) {
  const partitions = partitionsOf(job);
  const done = Math.max(0, job.progress.done - sourceChunksOf(job));
  return partitions ? `${count(done)} of ${count(partitions)}` : null;
}

/** Says below a picture of both stages which part of it, in the words of `which`, is the second. */
function showStageNote(element, job, which) {
  const partitions = partitionsOf(job);
  setHidden(element, !partitions);
  setText(element, `${which} of the second stage, which merges groups into files.`);
}
