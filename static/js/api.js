// Draws the OpenAPI document. Requests tried out there carry the token that is typed, never the session.
(() => {
  "use strict";
  const place = document.getElementById("openapi");
  const chosen = document.documentElement.dataset.theme;
  const dark = chosen ? chosen === "dark" : matchMedia("(prefers-color-scheme: dark)").matches;
  document.documentElement.classList.toggle("dark-mode", dark);
  // This script comes after the library: both are deferred, and keep their order.
  if (place && window.SwaggerUIBundle) {
    window.SwaggerUIBundle({
      url: place.dataset.document,
      domNode: place,
      docExpansion: "list",
      defaultModelsExpandDepth: 0,
      withCredentials: false,
      validatorUrl: null,
      requestInterceptor: (request) => Object.assign(request, { credentials: "omit" }),
    });
  }
})();
