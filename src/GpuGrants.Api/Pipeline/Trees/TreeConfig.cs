using System.Collections.Frozen;
using GpuGrants.Offers;
using GpuGrants.Requests;
using GpuGrants.Units;
using GpuGrants.Usage;

namespace GpuGrants.Api.Pipeline.Trees;

/// <summary>
/// What administrators set in a tree, as decisions need it: immutable, and fresh as long as both configuration versions are the ones it was
/// read at.
/// </summary>
public sealed class TreeConfig
{
    public static TreeConfig None { get; } =
        new()
        {
            Version = -1,
            PlatformVersion = -1,
            Programmes = FrozenDictionary<Guid, ProgrammeConfig>.Empty,
            Offers = [],
            Quotas = QuotaConfig.None,
        };

    /// <summary><c>config_version</c> of the tree itself.</summary>
    public required long Version { get; init; }

    /// <summary><c>config_version</c> of the platform's tree: providers, GPU models and platform-wide policies.</summary>
    public required long PlatformVersion { get; init; }

    public required FrozenDictionary<Guid, ProgrammeConfig> Programmes { get; init; }

    /// <summary>False in a tree that only tests: all its programmes are as its root is.</summary>
    public bool IsLive => Programmes.Count == 0 || Programmes.Values[0].Terms.IsLive;

    public required IReadOnlyList<Offer> Offers { get; init; }

    /// <summary>Where credits flow on that come back to the budget of an ended programme, by the id of the budget's account.</summary>
    public FrozenDictionary<Guid, ReturnAccount> Returns { get; init; } = FrozenDictionary<Guid, ReturnAccount>.Empty;

    public required QuotaConfig Quotas { get; init; }

    /// <summary>The freezes in force, of the whole platform, that suspend grants.</summary>
    public IReadOnlyList<SuspendingFreeze> SuspendingFreezes { get; init; } = [];

    /// <summary>A freeze in force that suspends the grant; null when none does.</summary>
    public SuspendingFreeze? SuspendingFreezeOf(Grant grant) =>
        SuspendingFreezes.Count == 0
            ? null
            : SuspendingFreezes.FirstOrDefault(one =>
                one.Scope switch
                {
                    Freeze.Programme => Programmes.TryGetValue(grant.ProgrammeId, out var programme)
                        && programme.Path.Contains(one.ResourceId!.Value),
                    Freeze.Provider => one.ResourceId == grant.ProviderId,
                    _ => true,
                }
            );

    /// <summary>Whether counters have to be made or dropped before this is a tree's whole configuration.</summary>
    public bool IsFolded => Quotas.MissingSignatures.Count == 0 && Quotas.StaleSignatures.Count == 0;

    /// <summary>The same once its counters are made and stored.</summary>
    public TreeConfig Folded =>
        IsFolded
            ? this
            : new()
            {
                Version = Version,
                PlatformVersion = PlatformVersion,
                Programmes = Programmes,
                Offers = Offers,
                Returns = Returns,
                SuspendingFreezes = SuspendingFreezes,
                Quotas = Quotas with { MissingSignatures = [], StaleSignatures = [] },
            };
}

/// <summary>A freeze that suspends the running grants of its scope.</summary>
/// <param name="Id">The freeze.</param>
/// <param name="Scope">platform, programme or provider.</param>
/// <param name="ResourceId">The programme or provider; null for the platform.</param>
public sealed record SuspendingFreeze(Guid Id, string Scope, Guid? ResourceId);

/// <summary>A programme as decisions need it.</summary>
/// <param name="Terms">Who may apply and until when, as the programmes above it narrow it.</param>
/// <param name="Path">The programme, its parent, and so on up to the root.</param>
/// <param name="BudgetProgrammeId">Whose budget it spends.</param>
/// <param name="ReviewHold">How long a request may wait for a person: the shortest on the path.</param>
/// <param name="TimeZone">An IANA name, for calendar windows.</param>
public sealed record ProgrammeConfig(
    Guid Id,
    string Name,
    ProgrammeTerms Terms,
    IReadOnlyList<Guid> Path,
    Guid BudgetProgrammeId,
    TimeSpan ReviewHold,
    string TimeZone
)
{
    /// <summary>The terms in force of the platform, the programme and those above it: whoever asks has accepted them.</summary>
    public IReadOnlyList<Guid> TermsIds { get; init; } = [];

    /// <summary>Whether it has ended for good.</summary>
    public bool HasEnded { get; init; }

    /// <summary>What it states itself of use beyond a grant.</summary>
    public (GpuTime? Grace, GpuTime? SuspendAfter, GpuTime? RevokeAfter) StatedUncharged { get; init; }

    /// <summary>What follows use beyond a grant, as the programmes above narrow it.</summary>
    public UnchargedPolicy Uncharged { get; init; }
}
