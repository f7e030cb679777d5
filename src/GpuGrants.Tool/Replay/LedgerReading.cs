using GpuGrants.Client;

namespace GpuGrants.Tool.Replay;

/// <summary>What the ledger says of one GPU model, in GPU-seconds.</summary>
/// <param name="Granted">Left the offer's capacity for grants.</param>
/// <param name="Used">Came to the provider as delivered.</param>
/// <param name="Returned">Came back to the offer's capacity.</param>
/// <param name="Held">Is on grants' accounts.</param>
/// <param name="CapacityLeft">The balance of the offer's capacity.</param>
/// <param name="Pending">Is kept by open holds.</param>
/// <param name="Undelivered">Passed without being granted, and went back to the provider's supply.</param>
public sealed record LedgerReading(long Granted, long Used, long Returned, long Held, long CapacityLeft, long Pending, long Undelivered = 0)
{
    private const int PageSize = 100;

    /// <summary>Reads the accounts of the stage's offers, providers and grants over the API, by GPU model.</summary>
    public static async Task<IReadOnlyDictionary<string, LedgerReading>> ReadAsync(Stage stage, CancellationToken cancellation)
    {
        var grants = await AccountsAsync(stage.Administrator, $"rootProgrammeId={stage.ProgrammeId}&kind=grant", cancellation);
        var readings = new Dictionary<string, LedgerReading>();
        foreach (var offer in stage.Offers)
        {
            var unit = $"gpu:{offer.Model}";
            var (capacity, undelivered) = await CapacityAsync(stage, offer, unit, cancellation);
            var delivered = (
                await AccountsAsync(stage.Administrator, $"ownerId={offer.ProviderId}&kind=delivered", cancellation)
            ).SingleOrDefault(account => account.Unit == unit);
            var held = grants.Where(account => account.Unit == unit).ToList();
            readings[offer.Model] = new LedgerReading(
                (long)capacity.DebitsPosted - undelivered,
                (long)(delivered?.Balance ?? 0),
                (long)capacity.CreditsPosted - offer.CapacityGpuSeconds,
                (long)held.Sum(account => account.Balance),
                (long)capacity.Balance,
                (long)capacity.DebitsPending,
                undelivered
            );
        }

        return readings;
    }

    /// <summary>The capacity with what went back to supply by then. The sweeper may move hours between two readings.</summary>
    private static async Task<(Account Capacity, long Undelivered)> CapacityAsync(
        Stage stage,
        StageOffer offer,
        string unit,
        CancellationToken cancellation
    )
    {
        while (true)
        {
            var before = await Undelivered();
            var capacity = await One(offer.OfferId, "capacity");
            if (await Undelivered() == before)
                return (capacity!, before);
        }

        async Task<long> Undelivered() => (long)((await One(offer.ProviderId, "supply"))?.CreditsPosted ?? 0);

        async Task<Account?> One(Guid owner, string kind) =>
            (await AccountsAsync(stage.Administrator, $"ownerId={owner}&kind={kind}", cancellation)).SingleOrDefault(account =>
                account.Unit == unit
            );
    }

    private static async Task<List<Account>> AccountsAsync(GpuGrantsClient client, string filter, CancellationToken cancellation)
    {
        var accounts = new List<Account>();
        string? cursor = null;
        do
        {
            var page = await client.GetAsync<AccountPage>(
                $"/v1/accounts?{filter}&limit={PageSize}" + (cursor is null ? "" : $"&cursor={Uri.EscapeDataString(cursor)}"),
                cancellation
            );
            accounts.AddRange(page.Data);
            cursor = page.NextCursor;
        } while (cursor is not null);
        return accounts;
    }

    private sealed record AccountPage(IReadOnlyList<Account> Data, string? NextCursor);

    private sealed record Account(string Unit, decimal DebitsPending, decimal DebitsPosted, decimal CreditsPosted, decimal Balance);
}
