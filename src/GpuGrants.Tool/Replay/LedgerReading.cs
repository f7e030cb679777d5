using GpuGrants.Client;

namespace GpuGrants.Tool.Replay;

/// <summary>What the ledger says of one GPU model, in GPU-seconds.</summary>
/// <param name="Granted">Left the offer's capacity for good.</param>
/// <param name="Used">Came to the provider as delivered.</param>
/// <param name="Returned">Came back to the offer's capacity.</param>
/// <param name="Held">Is on grants' accounts.</param>
/// <param name="CapacityLeft">The balance of the offer's capacity.</param>
/// <param name="Pending">Is kept by open holds.</param>
public sealed record LedgerReading(long Granted, long Used, long Returned, long Held, long CapacityLeft, long Pending)
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
            var capacity = (await AccountsAsync(stage.Administrator, $"ownerId={offer.OfferId}&kind=capacity", cancellation)).Single(
                account => account.Unit == unit
            );
            var delivered = (
                await AccountsAsync(stage.Administrator, $"ownerId={offer.ProviderId}&kind=delivered", cancellation)
            ).SingleOrDefault(account => account.Unit == unit);
            var held = grants.Where(account => account.Unit == unit).ToList();
            readings[offer.Model] = new LedgerReading(
                (long)capacity.DebitsPosted,
                (long)(delivered?.Balance ?? 0),
                (long)capacity.CreditsPosted - offer.CapacityGpuSeconds,
                (long)held.Sum(account => account.Balance),
                (long)capacity.Balance,
                (long)capacity.DebitsPending
            );
        }

        return readings;
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
