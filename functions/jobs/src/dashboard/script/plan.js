/* The plan: what the server says that a job would take, before it is started. */

function showPlan(plan, asked) {
  const facts = Object.entries(PLAN_FACTS).map(([name, factOf]) => [name, factOf(plan, asked)])
    .filter(([, fact]) => fact !== null);
  $("plan-facts").replaceChildren(...facts.map(([name, fact]) =>
    make("div", {}, make("dt", {}, name), make("dd", {}, fact))));
  const warnings = plan.warnings ?? [];
  $("plan-warnings").replaceChildren(...warnings.map((warning) => make("li", {}, warning)));
  setHidden($("plan"), false);
  $("plan-title").focus();
}

/** Each fact of a plan by its name. One that is null is not shown. */
const PLAN_FACTS = {
  "Reads": (plan) => `${plan.source}: ${columnsText(plan)}`,
  "Rows, about": (plan) => count(plan.estimated_rows),
  "Of all rows, about": ({ estimated_share: share }) => (isNumber(share) ? shareText(share) : null),
  "Index": ({ index, where = [] }) => (
    index ?? (where.length ? "none, the database looks at all rows" : null)),
  "Output": outputText,
  "Cut by": ({ cut_by: column }) => column ?? null,
  "Chunks": plannedChunks,
  "Partitions": ({ output }) => (output?.parts ? count(output.parts) : null),
  "Takes, about": (plan) => duration(plan.estimated_seconds * SECOND),
  "Costs, about": (plan) => money(plan.estimated_cost_usd),
  "Connections at once": (plan) => count(plan.connections),
  "Consistency": (plan) => plan.consistency,
  "Execution": (plan) => plan.execution,
};

function shareText(share) {
  return share > 0 && share < 0.0001 ? "less than 0.01 %" : `${threeDigits.format(share * 100)} %`;
}

/** How many chunks there would be, which the server leaves out if there are very many. */
function plannedChunks({ chunks: all }, asked) {
  const wanted = asked.chunks ?? Number(DEFAULT_CHUNKS);
  if (!all) return `at most ${count(wanted)}`;
  const { length } = all.filter(({ partitions }) => !partitions);
  return length === wanted ? count(length) : `${count(length)} of ${count(wanted)}`;
}

/** A plan is of the form as it was. */
const forgetPlan = () => setHidden($("plan"), true);
