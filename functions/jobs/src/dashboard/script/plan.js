/* The plan: what the server says that a job would take, before it is started. */

function showPlan(plan, asked) {
  const facts = Object.entries(PLAN_FACTS).map(([name, factOf]) => [name, factOf(plan, asked)]);
  $("plan-facts").replaceChildren(...facts.map(([name, fact]) =>
    make("div", {}, make("dt", {}, name), make("dd", {}, fact))));
  const warnings = plan.warnings ?? [];
  $("plan-warnings").replaceChildren(...warnings.map((warning) => make("li", {}, warning)));
  setHidden($("plan"), false);
  $("plan-title").focus();
}

/** Each fact of a plan by its name. */
const PLAN_FACTS = {
  "Reads": ({ source, columns }) => `${source}: ${columns.join(", ")}`,
  "Rows, about": (plan) => count(plan.estimated_rows),
  "Chunks": plannedChunks,
  "Takes, about": (plan) => duration(plan.estimated_seconds * SECOND),
  "Costs, about": (plan) => money(plan.estimated_cost_usd),
  "Connections at once": (plan) => count(plan.connections),
  "Consistency": (plan) => plan.consistency,
  "Execution": (plan) => plan.execution,
};

/** How many chunks there would be, which the server leaves out if there are very many. */
function plannedChunks({ chunks }, asked) {
  const wanted = asked.chunks ?? Number(DEFAULT_CHUNKS);
  if (!chunks) return `at most ${count(wanted)}`;
  const planned = count(chunks.length);
  return chunks.length === wanted ? planned : `${planned} of ${count(wanted)}`;
}

/** A plan is of the form as it was. */
const forgetPlan = () => setHidden($("plan"), true);
