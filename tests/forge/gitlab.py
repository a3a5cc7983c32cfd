"""GitLab on this machine, as far as notes on a merge request go."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from tests.forge.server import US, Answer, Fault, Forge, Said

if TYPE_CHECKING:
    from tests.forge.server import RatedObservation


class GitlabServer(Forge):
    """GitLab's REST API: one project, by number and by path."""

    name = "gitlab"
    most_characters = 1_000_000

    def __init__(self) -> None:
        super().__init__()
        request = r"/api/v4/projects/(?:7|spack%2Fcache)/merge_requests/3"
        self.routes = [
            ("GET", "/api/v4/user", self._tell_user),
            ("GET", request, self._tell_request),
            ("GET", rf"{request}/notes", self._list),
            ("POST", rf"{request}/notes", self._create),
            ("PUT", rf"{request}/notes/(\d+)", self._update),
        ]

    @property
    def api_url(self) -> str:
        """The address of the API."""
        return f"{self.origin}/api/v4"

    @property
    def environment(self) -> dict[str, str]:
        """What a job of a merge request's pipeline is told."""
        job = {"GITLAB_CI": "true", "CI_API_V4_URL": self.api_url, "CI_PROJECT_ID": "7", "CI_MERGE_REQUEST_PROJECT_ID": "7"}
        return job | {"CI_MERGE_REQUEST_IID": "3", "GITLAB_TOKEN": "glpat-t0ken"}

    def limit(self, method: str, seconds: int) -> Fault:
        """Return the answer of the rate limit."""
        return Fault(method, Answer(429, {"message": "429 Too Many Requests"}, {"Retry-After": str(seconds)}))

    def refuse(self, method: str) -> Fault:
        """Return the answer to a token that may only read."""
        return Fault(
            method,
            Answer(403, {"error": "insufficient_scope", "error_description": "The request requires higher privileges."}),
        )

    def _tell_user(self, seen: RatedObservation) -> Answer:
        if seen.headers.get("private-token") != "glpat-t0ken":
            return Answer(401, {"message": "401 Unauthorized"})
        return Answer(200, {"id": 1, "username": US})

    def _tell_request(self, seen: RatedObservation) -> Answer:
        del seen
        return Answer(
            200, {"id": 33, "iid": 3, "project_id": 7, "web_url": "https://gitlab.com/spack/cache/-/merge_requests/3"}
        )

    def _list(self, seen: RatedObservation) -> Answer:
        assert (seen.query["sort"], seen.query["order_by"]) == ("asc", "created_at")
        found, headers = self.page(seen)
        return Answer(200, [_show(said) for said in found], headers)

    def _create(self, seen: RatedObservation) -> Answer:
        if len(seen.content["body"]) > self.most_characters:
            return _too_long()
        self.add(US, seen.content["body"].strip())
        return Answer(201, _show(self.comments[-1]))

    def _update(self, seen: RatedObservation, id: str) -> Answer:
        said = next((said for said in self.comments if said.id == int(id)), None)
        if said is None or said.author != US:
            return Answer(404 if said is None else 403, {"message": "404 Not found" if said is None else "403 Forbidden"})
        if len(seen.content["body"]) > self.most_characters:
            return _too_long()
        said.body = seen.content["body"].strip()
        return Answer(200, _show(said))


def _show(said: Said) -> dict[str, Any]:
    author = {"id": 1 if said.author == US else 2, "username": said.author, "name": "somebody"}
    return {"id": said.id, "body": said.body, "author": author, "system": False, "noteable_iid": 3, "type": None}


def _too_long() -> Answer:
    return Answer(400, {"message": {"note": ["is too long (maximum is 1000000 characters)"]}})
