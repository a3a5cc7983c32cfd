"""GitHub on this machine, as far as comments on a pull request go."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from tests.forge.server import US, Answer, Fault, Forge, Said

if TYPE_CHECKING:
    from tests.forge.server import RatedObservation

_DENIED = "Resource not accessible by integration"


class GithubServer(Forge):
    """GitHub's REST API, and the one question of its GraphQL API that `cachediff publish` asks."""

    name = "github"
    most_characters = 65_536

    def __init__(self) -> None:
        super().__init__()
        self.pulls: list[dict[str, Any]] = []
        base = r"/repos/spack/cache"
        self.routes = [
            ("POST", "/graphql", self._tell_viewer),
            ("GET", rf"{base}/issues/3/comments", self._list),
            ("POST", rf"{base}/issues/3/comments", self._create),
            ("PATCH", rf"{base}/issues/comments/(\d+)", self._update),
            ("GET", rf"{base}/pulls", self._list_pulls),
        ]

    @property
    def api_url(self) -> str:
        """The address of the API."""
        return self.origin

    @property
    def environment(self) -> dict[str, str]:
        """What a workflow is told."""
        return {
            "GITHUB_ACTIONS": "true",
            "GITHUB_API_URL": self.api_url,
            "GITHUB_REPOSITORY": self.repository,
            "GITHUB_TOKEN": "ghs_t0ken",
        }

    def limit(self, method: str, seconds: int) -> Fault:
        """Return the answer of the secondary rate limit."""
        said = {"message": "You have exceeded a secondary rate limit. Please wait a few minutes before you try again."}
        return Fault(method, Answer(403, said, {"Retry-After": str(seconds)}))

    def refuse(self, method: str) -> Fault:
        """Return the answer to the token of a fork's pull request."""
        return Fault(method, Answer(403, {"message": _DENIED, "documentation_url": "https://docs.github.com/rest"}))

    def open_pull(self, number: int, sha: str, repository: str, branch: str) -> None:
        """Open a pull request."""
        self.pulls.append({"number": number, "head": {"sha": sha, "ref": branch, "repo": {"full_name": repository}}})

    def _tell_viewer(self, seen: RatedObservation) -> Answer:
        assert "viewer" in seen.content["query"]
        return Answer(200, {"data": {"viewer": {"login": US}}})

    def _list(self, seen: RatedObservation) -> Answer:
        found, headers = self.page(seen)
        return Answer(200, [self._show(said) for said in found], headers)

    def _create(self, seen: RatedObservation) -> Answer:
        if len(seen.content["body"]) > self.most_characters:
            return _too_long()
        self.add(US, seen.content["body"])
        return Answer(201, self._show(self.comments[-1]))

    def _update(self, seen: RatedObservation, id: str) -> Answer:
        said = next((said for said in self.comments if said.id == int(id)), None)
        if said is None or said.author != US:
            return Answer(404 if said is None else 403, {"message": "Not Found" if said is None else _DENIED})
        if len(seen.content["body"]) > self.most_characters:
            return _too_long()
        said.body = seen.content["body"]
        return Answer(200, self._show(said))

    def _list_pulls(self, seen: RatedObservation) -> Answer:
        owner, _, branch = seen.query["head"].partition(":")
        assert seen.query["state"] == "open"
        found = [
            pull
            for pull in self.pulls
            if pull["head"]["ref"] == branch and pull["head"]["repo"]["full_name"].partition("/")[0] == owner
        ]
        return Answer(200, found)

    def _show(self, said: Said) -> dict[str, Any]:
        url = f"{self.origin}/repos/spack/cache/issues/comments/{said.id}"
        html = f"https://github.com/spack/cache/pull/3#issuecomment-{said.id}"
        return {"id": said.id, "url": url, "html_url": html, "body": said.body, "user": {"login": said.author, "id": 1}}


def _too_long() -> Answer:
    complaint = {
        "resource": "IssueComment",
        "code": "unprocessable",
        "field": "data",
        "message": "Body is too long (maximum is 65536 characters)",
    }
    return Answer(422, {"message": "Validation Failed", "errors": [complaint]})
