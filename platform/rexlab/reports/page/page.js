"use strict";
(() => {
  const config = {
    displaylogo: false,
    responsive: true,
    modeBarButtonsToRemove: ["select2d", "lasso2d", "autoScale2d", "pan2d"],
    toImageButtonOptions: { format: "svg" },
  };
  // a narrow page stacks the legend: the figure grows by as much, so that its rows keep their height
  const fit = async (plot) => {
    const legend = plot.querySelector(".legend .bg");
    const { legend: planned } = plot.layout.meta;
    const height = plot.planned + (legend ? Math.max(0, legend.getBoundingClientRect().height - planned) : 0);
    if (Math.abs(height - plot.layout.height) < 2) return;
    plot.style.height = `${height}px`;
    await Plotly.relayout(plot, { height });
  };

  const plots = [...document.querySelectorAll(".plot")];
  for (const plot of plots) {
    const figure = JSON.parse(document.getElementById(plot.dataset.figure).textContent);
    config.toImageButtonOptions.filename = plot.dataset.figure;
    plot.planned = figure.layout.height;
    Plotly.newPlot(plot, figure.data, figure.layout, structuredClone(config)).then(fit);
  }
  addEventListener("resize", () => plots.forEach(fit));

  const width = 690; // pixels of an A4 page between its margins
  addEventListener("beforeprint", () => plots.forEach((plot) => Plotly.relayout(plot, { width })));
  addEventListener("afterprint", () => plots.forEach((plot) => Plotly.relayout(plot, { width: null, autosize: true })));

  const command = document.getElementById("command");
  if (command && navigator.clipboard) {
    const button = document.createElement("button");
    button.type = "button";
    button.textContent = "Copy";
    button.addEventListener("click", async () => {
      await navigator.clipboard.writeText(command.textContent);
      button.textContent = "Copied";
      setTimeout(() => (button.textContent = "Copy"), 2000);
    });
    command.after(button);
  }
})();
