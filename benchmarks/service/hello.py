"""A bare endpoint: what FastAPI and uvicorn cost before anything is done. Every ratio is to this one."""

from __future__ import annotations

from fastapi import FastAPI


def hello_app() -> FastAPI:
    """One route, ``GET /hello``, and the probe that says it is there."""
    app = FastAPI(openapi_url=None)

    @app.get("/hello")
    async def hello() -> dict[str, str]:
        return {"hello": "world"}

    @app.get("/readyz")
    async def ready() -> dict[str, str]:
        return {"status": "ready"}

    return app


if __name__ == "__main__":
    from benchmarks.service.peer import serve

    serve(hello_app)
