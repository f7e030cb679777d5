using System.Globalization;
using System.Text.Json.Serialization;
using GpuGrants.Api.Access;
using GpuGrants.Api.Http;
using GpuGrants.Api.Http.Answering;
using GpuGrants.Api.Http.Callers;
using GpuGrants.Api.Http.Lists;
using GpuGrants.Api.Json;
using GpuGrants.Api.Store;
using GpuGrants.Offers;
using GpuGrants.Units;
using Microsoft.EntityFrameworkCore;

namespace GpuGrants.Api.Offers;

/// <summary>Finds open offers by what people compare: GPUs, place, price and what is left.</summary>
internal static class OfferSearch
{
    private const int MaxText = 100;
    private const string LeastInPeriod = "minPeriodGpuHours";
    private static readonly string[] Sorts = ["rate", "-rate", "available", "-available", "memory", "-memory", "period", "-period"];

    public static void Map(RouteGroupBuilder v1) =>
        v1.MapGet("/offers/search", SearchAsync)
            .RequireScope(Scopes.Read)
            .WithoutToken()
            .Says(
                "searchOffers",
                "Compare open offers",
                "Open offers of the programmes that you may know of, each with its rate now and the next one, what is left, its GPUs "
                    + "and its "
                    + "provider. The cheapest come first unless sort says otherwise. Without a token: those of public programmes. "
                    + "Offers to test programmes come with "
                    + "livemode=false. With from and until, each offer also says what it can still grant between these moments. Among more "
                    + "than 100 offers that are compared by it, quick figures answer: an offer may then grant more than it says."
            )
            .Lists<OfferComparison>("programmeId", "providerId", "gpuModel", "region", "interconnect", "tag")
            .Asks(
                "q",
                "gpus",
                "minGpuMemoryGib",
                "minGpuHours",
                "maxRate",
                "servesFrom",
                "servesUntil",
                "from",
                "until",
                "minPeriodGpuHours",
                "livemode"
            )
            .SortsBy(Sorts);

    private static async Task<IResult> SearchAsync(HttpContext http, GpuGrantsContext db)
    {
        var now = http.Now();
        var rows = OfferChange
            .Visible(db, http.CallerOrNobody())
            .Where(row => row.Status == OfferStatus.Open && row.CapacitySeconds > 0 && (row.EndsAt == null || row.EndsAt > now))
            .OnlyIds(http, "programmeId", row => row.ProgrammeId)
            .OnlyIds(http, "providerId", row => row.ProviderId)
            .OnlyWords(http, "gpuModel", row => row.GpuModelId)
            .OnlyWords(http, "region", row => row.Region)
            .OnlyWords(http, "interconnect", row => row.Interconnect);
        if (Filters.Values(http, "tag") is { } tags)
            rows = rows.Where(row => tags.All(tag => row.Tags.Contains(tag)));
        if (Whole(http, "gpus", 1_024) is { } gpus)
            rows = rows.Where(row => row.MaxGpus >= gpus);
        var (from, until) = (http.MomentFilter("servesFrom")?.ToUniversalTime(), http.MomentFilter("servesUntil")?.ToUniversalTime());
        if (until <= from)
            throw Problem.Malformed("servesUntil", "State an end after the start.");
        rows = rows.Where(row =>
            (from == null || (row.StartsAt <= from && (row.EndsAt == null || row.EndsAt > from)))
            && (until == null || (row.StartsAt < until && (row.EndsAt == null || row.EndsAt >= until)))
        );
        var isLive = http.Flag("livemode") != false;
        var found = Found(http, db, rows, now, isLive);
        var page = OfferPeriod.Of(http, now) is { } period
            ? await http.RequestServices.GetRequiredService<PeriodSearches>().RunAsync(http, () => PageAsync(http, db, found, period, now))
            : await PageAsync(http, found, offers => Task.FromResult<Dictionary<Guid, long>>([]));
        return TypedResults.Json(page, ApiJson.Options);
    }

    /// <summary>A page of offers with what each has in a period. Filtered or sorted by that, all of them are looked at first.</summary>
    private static async Task<Page<OfferComparison>> PageAsync(
        HttpContext http,
        GpuGrantsContext db,
        IQueryable<FoundOffer> found,
        OfferPeriod period,
        DateTimeOffset now
    )
    {
        Task<Dictionary<Guid, long>> Free(IReadOnlyList<FoundOffer> offers) =>
            OfferPeriods.FreeAsync(db, offers, period, now, http.RequestAborted);
        var least = Decimal(http, LeastInPeriod) is { } hours ? Hours(LeastInPeriod, hours) : (GpuTime?)null;
        var order = http.ChoiceFilter("sort", Sorts) ?? Sorts[0];
        if (least is null && !order.EndsWith("period", StringComparison.Ordinal))
            return await PageAsync(http, found, Free);
        var all = await found.OrderBy(one => one.Row.Id).Take(OfferPeriods.MaxOffers + 1).AsNoTracking().ToListAsync(http.RequestAborted);
        if (all.Count > OfferPeriods.MaxOffers)
            throw OfferPeriods.TooMany();
        var free = await Free(all);
        long KeyOf(FoundOffer one) =>
            order.TrimStart('-') switch
            {
                "available" => one.Available,
                "memory" => one.Model.MemoryGib,
                "period" => free[one.Row.Id],
                _ => one.Rate!.Value,
            };
        var sign = order[0] == '-' ? -1 : 1;
        var sorted = all.Where(one => least is not { } bound || free[one.Row.Id] >= bound.Seconds)
            .Select(one => (Offer: one, Key: KeyOf(one), Order: (Key: sign * KeyOf(one), one.Row.Id)))
            .OrderBy(one => one.Order)
            .AsEnumerable();
        if (Paging.After(http) is { Key: { } key, Id: var id })
            sorted = sorted.Where(one => one.Order.CompareTo((sign * key, id)) > 0);
        return PageOf(http, [.. sorted.Take(Paging.Limit(http) + 1).Select(one => (one.Offer, one.Key))], free);
    }

    private static GpuTime Hours(string name, decimal hours) =>
        GpuTime.TryFromHours(hours, out var time) ? time : throw Problem.Malformed(name, OfferValidator.HoursRule);

    /// <summary>The offers with all that they are compared by.</summary>
    private static IQueryable<FoundOffer> Found(
        HttpContext http,
        GpuGrantsContext db,
        IQueryable<OfferRow> rows,
        DateTimeOffset now,
        bool isLive
    )
    {
        var next = Tranche.NextHour(now);
        var freezes = db.Set<Freeze>().Where(one => one.LiftedAt == null);
        var found =
            from row in rows
            join model in db.Set<GpuModel>() on row.GpuModelId equals model.Id
            join provider in db.Set<Provider>() on row.ProviderId equals provider.Id
            join programme in db.Set<Programme>() on row.ProgrammeId equals programme.Id
            where provider.Status == "active" && programme.Livemode == isLive
            // A programme serves while it and all above it do, and nothing is frozen.
            where
                !db.Set<Programme>()
                    .Any(one =>
                        programme.Path.Contains(one.Id)
                        && (one.Status != "active" || one.StartsAt > now || (one.EndsAt != null && one.EndsAt <= now))
                    )
            where
                !freezes.Any(one =>
                    one.Scope == Freeze.Platform
                    || (one.Scope == Freeze.Provider && one.ResourceId == provider.Id)
                    || (one.Scope == Freeze.Programme && one.ResourceId != null && programme.Path.Contains(one.ResourceId.Value))
                )
            select new FoundOffer
            {
                Row = row,
                Model = model,
                Provider = provider.Name,
                Programme = programme.Name,
                Livemode = programme.Livemode,
                Rate = db.Set<OfferRate>()
                    .Where(one => one.RootProgrammeId == row.RootProgrammeId && one.OfferId == row.Id && one.EffectiveFrom <= now)
                    .OrderByDescending(one => one.EffectiveFrom)
                    .Select(one => (long?)one.MillicreditsPerGpuHour)
                    .FirstOrDefault(),
                Next = db.Set<OfferRate>()
                    .Where(one => one.RootProgrammeId == row.RootProgrammeId && one.OfferId == row.Id && one.EffectiveFrom > now)
                    .OrderBy(one => one.EffectiveFrom)
                    .FirstOrDefault(),
                // Hours of tranches that have passed are nobody's, and may still be in the account.
                Available = Math.Min(
                    db.Set<AccountRow>()
                        .Where(one => one.RootProgrammeId == row.RootProgrammeId && one.Id == row.CapacityAccountId)
                        .Select(one => one.CreditsPosted - one.DebitsPosted - one.DebitsPending)
                        .FirstOrDefault(),
                    row.Tranches == 0
                        ? long.MaxValue
                        : db.Set<OfferTranche>()
                            .Where(one =>
                                one.RootProgrammeId == row.RootProgrammeId
                                && one.OfferId == row.Id
                                && one.Status == TrancheStatus.Open
                                && one.EndsAt > next
                            )
                            .Sum(one => one.Gpus * (long)(one.EndsAt - (one.StartsAt > next ? one.StartsAt : next)).TotalSeconds)
                ),
            };
        found = found.Where(one => one.Rate != null);
        if (Whole(http, "minGpuMemoryGib", 4_096) is { } memory)
            found = found.Where(one => one.Model.MemoryGib >= memory);
        if (Decimal(http, "maxRate") is { } credits)
            found = Rate.TryFromCredits(credits, out var most)
                ? found.Where(one => one.Rate <= most.MillicreditsPerGpuHour)
                : throw Problem.Malformed("maxRate", OfferValidator.RateRule);
        if (Decimal(http, "minGpuHours") is { } hours)
        {
            var least = Hours("minGpuHours", hours).Seconds;
            found = found.Where(one => one.Available >= least);
        }

        return WithText(http, found);
    }

    /// <summary>Only those of which a name, the region or a tag has the text in it, in upper or lower case.</summary>
    private static IQueryable<FoundOffer> WithText(HttpContext http, IQueryable<FoundOffer> found)
    {
        var text = http.Request.Query["q"].ToString();
        if (text.Length == 0)
            return found;
        if (text.Length > MaxText || text.Contains('\0', StringComparison.Ordinal))
            throw Problem.Malformed("q", $"State a text of at most {MaxText} characters.");
        var escaped = text.Replace(@"\", @"\\", StringComparison.Ordinal).Replace("%", @"\%", StringComparison.Ordinal);
        var pattern = $"%{escaped.Replace("_", @"\_", StringComparison.Ordinal)}%";
        return found.Where(one =>
            EF.Functions.ILike(one.Model.Name, pattern, @"\")
            || EF.Functions.ILike(one.Model.Id, pattern, @"\")
            || EF.Functions.ILike(one.Provider, pattern, @"\")
            || EF.Functions.ILike(one.Programme, pattern, @"\")
            || EF.Functions.ILike(one.Row.Region, pattern, @"\")
            || one.Row.Tags.Any(tag => EF.Functions.ILike(tag, pattern, @"\"))
        );
    }

    private static async Task<Page<OfferComparison>> PageAsync(
        HttpContext http,
        IQueryable<FoundOffer> found,
        Func<IReadOnlyList<FoundOffer>, Task<Dictionary<Guid, long>>> free
    )
    {
        var (limit, after) = (Paging.Limit(http), Paging.After(http));
        var order = http.ChoiceFilter("sort", Sorts) ?? Sorts[0];
        if (order.EndsWith("period", StringComparison.Ordinal) || Decimal(http, LeastInPeriod) is not null)
            throw Problem.Malformed("from", "State a period by from and until to compare what offers have in it.");
        var keyed = found.Select(one => new { Offer = one, Key = one.Rate!.Value });
        if (order.EndsWith("available", StringComparison.Ordinal))
            keyed = found.Select(one => new { Offer = one, Key = one.Available });
        if (order.EndsWith("memory", StringComparison.Ordinal))
            keyed = found.Select(one => new { Offer = one, Key = (long)one.Model.MemoryGib });
        var isDescending = order[0] == '-';
        if (after is { Key: { } key, Id: var id })
            keyed = isDescending
                ? keyed.Where(one => one.Key < key || (one.Key == key && one.Offer.Row.Id > id))
                : keyed.Where(one => one.Key > key || (one.Key == key && one.Offer.Row.Id > id));
        var sorted = isDescending ? keyed.OrderByDescending(one => one.Key) : keyed.OrderBy(one => one.Key);
        var read = await sorted.ThenBy(one => one.Offer.Row.Id).Take(limit + 1).AsNoTracking().ToListAsync(http.RequestAborted);
        return PageOf(http, [.. read.Select(one => (one.Offer, one.Key))], await free([.. read.Take(limit).Select(one => one.Offer)]));
    }

    private static Page<OfferComparison> PageOf(HttpContext http, List<(FoundOffer Offer, long Key)> read, Dictionary<Guid, long> free)
    {
        var limit = Paging.Limit(http);
        var shown = read.Take(limit).ToList();
        var next = read.Count > limit ? Paging.Next(http, new ListPosition(shown[^1].Offer.Row.Id, shown[^1].Key)) : null;
        return new Page<OfferComparison>(
            [.. shown.Select(one => OfferComparison.Of(one.Offer, free.TryGetValue(one.Offer.Row.Id, out var seconds) ? seconds : null))],
            next
        );
    }

    private static int? Whole(HttpContext http, string name, int max)
    {
        var text = http.Request.Query[name].ToString();
        if (text.Length == 0)
            return null;
        return int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var value) && value >= 1 && value <= max
            ? value
            : throw Problem.Malformed(name, string.Create(CultureInfo.InvariantCulture, $"State a whole number from 1 to {max:N0}."));
    }

    private static decimal? Decimal(HttpContext http, string name)
    {
        var text = http.Request.Query[name].ToString();
        if (text.Length == 0)
            return null;
        return decimal.TryParse(text, NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture, out var value)
            ? value
            : throw Problem.Malformed(name, "State a number, such as 1.25.");
    }
}

/// <summary>An open offer as it was read.</summary>
internal sealed class FoundOffer
{
    public required OfferRow Row { get; init; }

    public required GpuModel Model { get; init; }

    public required string Provider { get; init; }

    public required string Programme { get; init; }

    /// <summary>False for an offer to a test programme.</summary>
    public required bool Livemode { get; init; }

    /// <summary>Millicredits per GPU-hour now; null before the first rate.</summary>
    public required long? Rate { get; init; }

    /// <summary>The next rate; null for none.</summary>
    public required OfferRate? Next { get; init; }

    /// <summary>GPU-seconds that may still be granted.</summary>
    public required long Available { get; init; }
}

/// <summary>An open offer, with what people compare.</summary>
public sealed record OfferComparison
{
    public required Guid OfferId { get; init; }

    public required Guid ProgrammeId { get; init; }

    /// <summary>The programme's name.</summary>
    public required string Programme { get; init; }

    public required Guid ProviderId { get; init; }

    /// <summary>The provider's name.</summary>
    public required string Provider { get; init; }

    public required string GpuModel { get; init; }

    /// <summary>The model's name, for people.</summary>
    public required string GpuModelName { get; init; }

    /// <summary>Memory of each GPU, in GiB.</summary>
    public required int GpuMemoryGib { get; init; }

    public required string Region { get; init; }

    /// <summary>Credits per GPU-hour now.</summary>
    public required decimal Rate { get; init; }

    /// <summary>The next rate, if one is set.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public ComingRateView? NextRate { get; init; }

    /// <summary>GPU-hours that may still be granted.</summary>
    public required decimal AvailableGpuHours { get; init; }

    /// <summary>GPU-hours that may still be granted between from and until; left out where the call names no period.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public decimal? PeriodGpuHours { get; init; }

    public required decimal MinGpuHours { get; init; }

    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public decimal? MaxGpuHours { get; init; }

    /// <summary>The most GPUs that one grant may use at once.</summary>
    public required int MaxGpus { get; init; }

    /// <summary>How its GPUs are connected.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public string? Interconnect { get; init; }

    /// <summary>GPUs of one node.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public int? GpusPerNode { get; init; }

    public required IReadOnlyList<string> Tags { get; init; }

    /// <summary>Kinds of organizations that the provider serves; empty for all.</summary>
    public required IReadOnlyList<string> EligibleKinds { get; init; }

    /// <summary>Countries whose organizations the provider serves; empty for all.</summary>
    public required IReadOnlyList<string> EligibleCountries { get; init; }

    /// <summary>False for an offer to a test programme.</summary>
    public required bool Livemode { get; init; }

    public required DateTimeOffset StartsAt { get; init; }

    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public DateTimeOffset? EndsAt { get; init; }

    internal static OfferComparison Of(FoundOffer found, long? inPeriod) =>
        new()
        {
            OfferId = found.Row.Id,
            ProgrammeId = found.Row.ProgrammeId,
            Programme = found.Programme,
            ProviderId = found.Row.ProviderId,
            Provider = found.Provider,
            GpuModel = found.Model.Id,
            GpuModelName = found.Model.Name,
            GpuMemoryGib = found.Model.MemoryGib,
            Region = found.Row.Region,
            Rate = Wire.Rate(found.Rate!.Value),
            NextRate = found.Next is { } next ? ComingRateView.Of(next) : null,
            AvailableGpuHours = Wire.Hours(found.Available),
            PeriodGpuHours = inPeriod is { } seconds ? Wire.Hours(seconds) : null,
            MinGpuHours = Wire.Hours(found.Row.MinGpuSeconds),
            MaxGpuHours = found.Row.MaxGpuSeconds is { } max ? Wire.Hours(max) : null,
            MaxGpus = found.Row.MaxGpus,
            Interconnect = found.Row.Interconnect,
            GpusPerNode = found.Row.GpusPerNode,
            Tags = found.Row.Tags,
            EligibleKinds = found.Row.EligibleKinds,
            EligibleCountries = found.Row.EligibleCountries,
            Livemode = found.Livemode,
            StartsAt = found.Row.StartsAt,
            EndsAt = found.Row.EndsAt,
        };
}
