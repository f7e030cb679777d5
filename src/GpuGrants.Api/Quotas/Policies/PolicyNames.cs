using GpuGrants.Api.Access;
using GpuGrants.Api.Partners;
using GpuGrants.Api.Store;
using Microsoft.EntityFrameworkCore;

namespace GpuGrants.Api.Quotas.Policies;

/// <summary>Looks which of the names and ids of a policy's rules exist, as far as its author may know.</summary>
internal static class PolicyNames
{
    /// <param name="db">The database.</param>
    /// <param name="document">The policy.</param>
    /// <param name="scope">The path of the programme that it holds for; empty for the platform.</param>
    /// <param name="isAuthor">Whether offers and subjects are looked at too: only administrators learn which exist.</param>
    /// <param name="cancellation">Stops the reading.</param>
    public static async Task<KnownNames> ReadAsync(
        GpuGrantsContext db,
        PolicyDocument document,
        Guid[] scope,
        bool isAuthor,
        CancellationToken cancellation
    )
    {
        var conditions = document.Rules.SelectMany(rule => rule.Filter.Conditions).ToList();
        string[] Names<T>()
            where T : NameCondition => [.. conditions.OfType<T>().SelectMany(one => one.Names).Distinct(StringComparer.Ordinal)];
        Guid[] Ids<T>()
            where T : IdCondition => [.. conditions.OfType<T>().SelectMany(one => one.Ids).Distinct()];
        var (models, classes, regions) = (Names<GpuModelCondition>(), Names<GpuClassCondition>(), Names<RegionCondition>());
        var (providers, offers, partners) = (Ids<ProviderCondition>(), Ids<OfferCondition>(), Ids<PartnerCondition>());
        var programmes = Programmes(db, scope);
        var served = Served(db, scope);
        return new KnownNames
        {
            Models = await SetAsync(db.Set<GpuModel>().Where(row => models.Contains(row.Id)).Select(row => row.Id), models.Length),
            Classes = await SetAsync(
                db.Set<GpuModel>().Where(row => classes.Contains(row.GpuClass)).Select(row => row.GpuClass),
                classes.Length
            ),
            MostMemoryGib = conditions.Exists(one => one is MinGpuMemoryCondition)
                ? await db.Set<GpuModel>().MaxAsync(row => (int?)row.MemoryGib, cancellation) ?? 0
                : null,
            Regions = await SetAsync(served.Where(row => regions.Contains(row.Region)).Select(row => row.Region), regions.Length),
            Providers = await SetAsync(db.Set<Provider>().Where(row => providers.Contains(row.Id)).Select(row => row.Id), providers.Length),
            Offers = isAuthor ? await SetAsync(served.Where(row => offers.Contains(row.Id)).Select(row => row.Id), offers.Length) : null,
            Partners = isAuthor
                ? await SetAsync(db.Set<Partner>().Where(row => partners.Contains(row.Id)).Select(row => row.Id), partners.Length)
                : null,
            Programmes = isAuthor ? await ProgrammesAsync() : null,
            Subjects = isAuthor ? await SubjectsAsync() : null,
        };

        async Task<IReadOnlySet<Guid>> ProgrammesAsync()
        {
            Guid[] ids =
            [
                .. document
                    .Rules.SelectMany(rule =>
                        rule.Sharing?.Nodes.Select(node => node.ProgrammeId)
                        ?? (rule.Subject.Level == SubjectLevel.Programme ? rule.Subject.Ids : [])
                    )
                    .Distinct(),
            ];
            return await SetAsync(programmes.Where(row => ids.Contains(row.Id)).Select(row => row.Id), ids.Length);
        }

        async Task<IReadOnlySet<Guid>> SubjectsAsync()
        {
            var found = new HashSet<Guid>();
            foreach (var level in document.Rules.Where(rule => rule.Subject.Ids.Count > 0).GroupBy(rule => rule.Subject.Level))
            {
                Guid[] ids = [.. level.SelectMany(rule => rule.Subject.Ids).Distinct()];
                if (Of(level.Key, ids) is { } rows)
                    found.UnionWith(await SetAsync(rows, ids.Length));
            }

            return found;
        }

        IQueryable<Guid>? Of(SubjectLevel level, Guid[] ids) =>
            level switch
            {
                SubjectLevel.Organization => db.Set<Organization>().Where(row => ids.Contains(row.Id)).Select(row => row.Id),
                SubjectLevel.Project => db.Set<Project>().Where(row => ids.Contains(row.Id)).Select(row => row.Id),
                SubjectLevel.Member => db.Set<Principal>().Where(row => ids.Contains(row.Id)).Select(row => row.Id),
                SubjectLevel.Person => db.Set<PersonRow>().Where(row => ids.Contains(row.Id)).Select(row => row.Id),
                SubjectLevel.Partner => db.Set<Partner>().Where(row => ids.Contains(row.Id)).Select(row => row.Id),
                _ => null,
            };

        async Task<IReadOnlySet<T>> SetAsync<T>(IQueryable<T> rows, int asked) =>
            asked == 0 ? new HashSet<T>() : (await rows.Distinct().ToListAsync(cancellation)).ToHashSet();
    }

    /// <summary>The programmes that the policy holds for.</summary>
    private static IQueryable<Programme> Programmes(GpuGrantsContext db, Guid[] scope)
    {
        var programme = scope.Length == 0 ? Guid.Empty : scope[0];
        return db.Set<Programme>().AsNoTracking().Where(row => scope.Length == 0 || row.Path.Contains(programme));
    }

    /// <summary>The offers of these programmes, and of those above, which serve them too.</summary>
    private static IQueryable<OfferRow> Served(GpuGrantsContext db, Guid[] scope)
    {
        var below = Programmes(db, scope);
        return db.Set<OfferRow>()
            .AsNoTracking()
            .Where(row => scope.Length == 0 || scope.Contains(row.ProgrammeId) || below.Any(one => one.Id == row.ProgrammeId));
    }
}
