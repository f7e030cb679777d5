using System.Net;
using System.Text.Json.Nodes;
using GpuGrants.Api.Tests.World;

namespace GpuGrants.Api.Tests.Ledger;

/// <summary>Transfers by hand in one tree, in the words of its ledger.</summary>
internal sealed class Hand(TestWorld world, Guid root)
{
    public TestWorld World { get; } = world;

    public Guid Root { get; } = root;

    public static async Task<Hand> WithBudgetAsync(TestWorld world, decimal credits) => new(world, await world.Programme(credits));

    public static Guid Account(AccountKind kind, Guid owner) => AccountIds.Of(kind, LedgerUnit.Credit, owner);

    public Guid Budget => Account(AccountKind.Budget, Root);

    public Guid Breakage => Account(AccountKind.Breakage, Root);

    public Guid Issuance => Account(AccountKind.Issuance, Root);

    public Guid NewId() => Guid.CreateVersion7(World.Now);

    public JsonObject Posted(decimal amount, Guid? debit = null, Guid? credit = null) =>
        Make("posted", ("debitAccountId", debit ?? Budget), ("creditAccountId", credit ?? Breakage), ("amount", amount));

    public JsonObject Pending(decimal amount, double hours = 24, Guid? debit = null, Guid? credit = null) =>
        Make(
            "pending",
            ("debitAccountId", debit ?? Budget),
            ("creditAccountId", credit ?? Breakage),
            ("amount", amount),
            ("expiresAt", World.Now.AddHours(hours))
        );

    public JsonObject Post(JsonObject pending, decimal? amount = null) =>
        amount is { } part ? Make("post", ("pendingId", IdOf(pending)), ("amount", part)) : Make("post", ("pendingId", IdOf(pending)));

    public JsonObject Void(JsonObject pending) => Make("void", ("pendingId", IdOf(pending)));

    public JsonObject Correct(Guid id, decimal amount) => Make("correct", ("correctsId", id), ("amount", amount));

    public static JsonObject Linked(JsonObject transfer)
    {
        transfer["linked"] = true;
        return transfer;
    }

    public static Guid IdOf(JsonObject transfer) => transfer["id"]!.GetValue<Guid>();

    public Task<Reply> Send(params JsonObject[] transfers) => SendAs(World.Admin, transfers);

    public Task<Reply> SendAs(Person person, params JsonObject[] transfers) =>
        person.Post(
            "/v1/transfers",
            new JsonObject { ["rootProgrammeId"] = Root, ["transfers"] = new JsonArray([.. transfers.Select(one => one.DeepClone())]) }
        );

    /// <summary>Sends them and returns what became of each.</summary>
    public async Task<JsonNode[]> Outcomes(params JsonObject[] transfers) => Results(await Send(transfers));

    public static JsonNode[] Results(Reply reply) => [.. reply.Expect(HttpStatusCode.OK)["results"].AsArray().Select(one => one!)];

    public async Task<JsonNode> Accepted(JsonObject transfer, bool replayed = false)
    {
        var outcome = Assert.Single(await Outcomes(transfer));
        Assert.Equal(("accepted", replayed), (outcome["outcome"]!.GetValue<string>(), outcome["replayed"]!.GetValue<bool>()));
        return outcome["transfer"]!;
    }

    public async Task<JsonNode> Refused(JsonObject transfer, string code, bool replayed = false)
    {
        var outcome = Assert.Single(await Outcomes(transfer));
        Assert.Equal(("refused", replayed), (outcome["outcome"]!.GetValue<string>(), outcome["replayed"]!.GetValue<bool>()));
        Assert.Equal(code, outcome["refusal"]!["code"]!.GetValue<string>());
        return outcome["refusal"]!;
    }

    /// <summary>What the account may still give.</summary>
    public async Task<decimal> Available(Guid account)
    {
        var reply = await World.Admin.Get($"/v1/accounts/{account}");
        return reply.Status == HttpStatusCode.NotFound ? 0 : reply.Expect(HttpStatusCode.OK).Number("available");
    }

    private JsonObject Make(string kind, params (string Name, JsonNode? Value)[] fields)
    {
        var made = new JsonObject
        {
            ["id"] = NewId(),
            ["kind"] = kind,
            ["reason"] = "by-hand",
            ["note"] = "Agreed on the phone",
        };
        foreach (var (name, value) in fields)
            made[name] = value;
        return made;
    }
}
