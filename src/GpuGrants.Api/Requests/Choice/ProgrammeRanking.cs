using GpuGrants.Api.Requests.Rulings;
using GpuGrants.Api.Store;
using GpuGrants.People;
using GpuGrants.Requests;
using Microsoft.EntityFrameworkCore;
using Npgsql;

namespace GpuGrants.Api.Requests.Choice;

/// <summary>
/// Orders the open programmes for a request that names none, by cheap tests on what is committed at that moment. Private programmes and
/// those below them are left out. Nothing is locked: the decisions that follow look again.
/// </summary>
public static class ProgrammeRanking
{
    // A programme can serve when one offer fits the whole request, has the time left, and the budget pays for it. GPU-seconds times
    // millicredits per GPU-hour are the ledger's credit units. Which offers fit is what OfferMatching says; a test compares both on random
    // offers.
    private static readonly string CanServeSql = $"""
        select p.id
        from programmes p
        join accounts b on b.root_programme_id = p.root_programme_id and b.kind = {RowMap.Of<AccountRow>().Literal(
            row => row.Kind,
            AccountKind.Budget
        )} and b.owner_id = p.budget_programme_id
                       and b.unit = 'credit'
        where p.id = any($1) and exists (
            select from offers o
            join gpu_models m on m.id = o.gpu_model_id
            join providers v on v.id = o.provider_id
            join accounts c on c.root_programme_id = o.root_programme_id and c.id = o.capacity_account_id
            cross join lateral (
                select millicredits_per_gpu_hour as rate from offer_rates r
                where r.root_programme_id = o.root_programme_id and r.offer_id = o.id and r.effective_from <= $2
                order by effective_from desc limit 1) r
            where o.root_programme_id = p.root_programme_id and o.programme_id = any(p.path) and o.status = 'open' and v.status = 'active'
              and not exists (select from freezes f where f.lifted_at is null and f.scope = 'provider' and f.resource_id = v.id)
              and (cardinality($3) = 0 or o.gpu_model_id = any($3))
              and ($4 is null or m.memory_gib >= $4)
              and ($5 is null or o.region = $5)
              and o.max_gpus >= $6
              and (cardinality(o.eligible_kinds) = 0 or $10 = any(o.eligible_kinds))
              and (cardinality(o.eligible_countries) = 0 or $11 = any(o.eligible_countries))
              and ($12 = false or o.tranches > 0)
              and o.starts_at <= $7 and (o.ends_at is null or o.ends_at >= $8)
              and o.min_gpu_seconds <= $9 and (o.max_gpu_seconds is null or o.max_gpu_seconds >= $9)
              and c.credits_posted - c.debits_posted - c.debits_pending >= $9
              and b.credits_posted - b.debits_posted - b.debits_pending >= $9::numeric * r.rate)
        """;

    /// <returns>The programmes that the organization is eligible for, and whether each can serve the request: those that can first,
    /// then the oldest first. A single one needs no order, so it counts as able without a look.</returns>
    internal static async Task<List<(Programme Programme, bool CanServe)>> RankAsync(
        GpuGrantsContext db,
        NpgsqlDataSource database,
        Organization organization,
        StatedAge age,
        RequestDraft draft,
        DateTimeOffset now,
        CancellationToken cancellation
    )
    {
        var open = await db.Set<Programme>()
            .AsNoTracking()
            .Where(one =>
                one.Status == "active"
                && one.Livemode == organization.Livemode
                && one.StartsAt <= now
                && (one.EndsAt == null || one.EndsAt > now)
                // Whoever wants a private one has to name it.
                && !db.Set<Programme>()
                    .Any(above =>
                        one.Path.Contains(above.Id) && (above.Status != "active" || above.Visibility == ProgrammeVisibility.Private)
                    )
            )
            .OrderBy(one => one.Id)
            .ToListAsync(cancellation);
        var applicant = Applicants.Of(organization, age, now);
        var terms = await TermsAsync(db, open, organization.VouchedBy, cancellation);
        var eligible = open.Where(one => Eligibility.Check(applicant, terms(one), draft.Duration, now).Count == 0).ToList();
        if (eligible.Count <= 1)
            return eligible.ConvertAll(one => (one, true));
        var able = await CanServeAsync(database, eligible.Select(one => one.Id), organization, draft, now, cancellation);
        return [.. eligible.Select(one => (one, able.Contains(one.Id))).OrderBy(one => one.Item2 ? 0 : 1)];
    }

    /// <summary>The programmes of which an offer fits the draft and has the time left, and whose budget pays for it.</summary>
    /// <param name="database">To read by.</param>
    /// <param name="programmes">Those that are asked for.</param>
    /// <param name="organization">Who asks.</param>
    /// <param name="draft">What is wanted.</param>
    /// <param name="now">The present moment.</param>
    /// <param name="cancellation">Ends the reading.</param>
    public static async Task<HashSet<Guid>> CanServeAsync(
        NpgsqlDataSource database,
        IEnumerable<Guid> programmes,
        Organization organization,
        RequestDraft draft,
        DateTimeOffset now,
        CancellationToken cancellation
    )
    {
        var ask = draft.Ask(now, organization);
        await using var command = database.CreateCommand(CanServeSql);
        command.Parameters.Add(new NpgsqlParameter<Guid[]> { TypedValue = [.. programmes] });
        command.Parameters.Add(new NpgsqlParameter<DateTimeOffset> { TypedValue = now });
        command.Parameters.Add(new NpgsqlParameter<string[]> { TypedValue = draft.GpuModels });
        command.Parameters.Add(new NpgsqlParameter<int?> { TypedValue = draft.MinGpuMemoryGib });
        command.Parameters.Add(new NpgsqlParameter<string?> { TypedValue = draft.Region });
        command.Parameters.Add(new NpgsqlParameter<int> { TypedValue = draft.Gpus });
        command.Parameters.Add(new NpgsqlParameter<DateTimeOffset> { TypedValue = ask.StartsAt.ToUniversalTime() });
        command.Parameters.Add(new NpgsqlParameter<DateTimeOffset> { TypedValue = ask.EndsAt.ToUniversalTime() });
        command.Parameters.Add(new NpgsqlParameter<long> { TypedValue = draft.Time.Seconds });
        command.Parameters.Add(new NpgsqlParameter<string> { TypedValue = organization.Kind });
        command.Parameters.Add(new NpgsqlParameter<string> { TypedValue = organization.Country });
        command.Parameters.Add(new NpgsqlParameter<bool> { TypedValue = draft.IsReserved });
        await using var reader = await command.ExecuteReaderAsync(cancellation);
        return [.. await reader.ListAsync(row => row.GetGuid(0), cancellation)];
    }

    /// <summary>The terms of each programme, as those above it narrow them, and whether it trusts who vouches for the applicant.</summary>
    private static async Task<Func<Programme, ProgrammeTerms>> TermsAsync(
        GpuGrantsContext db,
        List<Programme> programmes,
        Guid? vouchedBy,
        CancellationToken cancellation
    )
    {
        var above = programmes.SelectMany(one => one.Path).Distinct().Except(programmes.Select(one => one.Id)).ToArray();
        var rows = above.Length == 0 ? [] : await db.Set<Programme>().Where(one => above.Contains(one.Id)).ToListAsync(cancellation);
        var own = rows.Concat(programmes).ToDictionary(one => one.Id, one => one.ToTerms());
        if (vouchedBy is not { } partner)
            return programme => NarrowedTerms.Along(programme.Path.Select(id => own[id]));
        var trusting = await db.Set<PartnerTrust>()
            .Where(one => one.PartnerId == partner && one.Status == PartnerTrust.Active)
            .Select(one => one.ProgrammeId)
            .ToListAsync(cancellation);
        return programme =>
            NarrowedTerms.Along(programme.Path.Select(id => own[id])) with
            {
                RootProgrammeId = programme.RootProgrammeId,
                TrustedPartners = trusting.Contains(programme.RootProgrammeId) ? [partner] : [],
            };
    }
}
