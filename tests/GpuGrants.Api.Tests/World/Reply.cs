using System.Net;
using System.Text.Json.Nodes;

namespace GpuGrants.Api.Tests.World;

/// <summary>What the service answered.</summary>
internal sealed record Reply(HttpStatusCode Status, JsonNode? Body, HttpResponseMessage Message, string Text)
{
    public JsonNode this[string name] =>
        Body?[name] ?? throw new Xunit.Sdk.XunitException($"The answer has no '{name}': {(int)Status} {Text}");

    public Guid Id => Guid.Parse(Text_("id"));

    public string Code => Text_("code");

    public string ETag => Message.Headers.ETag?.Tag ?? throw new Xunit.Sdk.XunitException($"No ETag: {(int)Status} {Text}");

    public bool IsReplay => Message.Headers.Contains("Idempotent-Replayed");

    public string Text_(string name) => this[name].GetValue<string>();

    public decimal Number(string name) => this[name].GetValue<decimal>();

    /// <summary>Fails with the whole answer when the status is another.</summary>
    public Reply Expect(HttpStatusCode status) =>
        Status == status ? this : throw new Xunit.Sdk.XunitException($"Expected {(int)status}, got {(int)Status}: {Text}");

    /// <summary>Fails unless one of calls that came at once won, and each other got the same problem.</summary>
    public static void ExpectOne(
        IReadOnlyCollection<Reply> replies,
        HttpStatusCode won,
        string code,
        string? field = null,
        HttpStatusCode lost = HttpStatusCode.Conflict
    )
    {
        Assert.Single(replies, one => one.Status == won);
        Assert.All(replies.Where(one => one.Status != won), one => one.ExpectProblem(lost, code, field));
    }

    /// <summary>Fails unless the answer is a problem document with this status and code that names the field.</summary>
    public Reply ExpectProblem(HttpStatusCode status, string code, string? field = null)
    {
        Expect(status);
        Assert.Equal("application/problem+json", Message.Content.Headers.ContentType?.MediaType);
        Assert.Equal(code, Code);
        Assert.False(string.IsNullOrEmpty(Text_("detail")));
        if (field is not null)
            Assert.Contains(field, this["errors"].AsObject().Select(pair => pair.Key));
        return this;
    }
}
