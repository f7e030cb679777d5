using CsCheck;
using GpuGrants.Feed;

namespace GpuGrants.Tests.Feed;

/// <summary>What the feed's cursor carries.</summary>
public sealed class FeedPositionsTests
{
    private static readonly Gen<FeedPosition> Position =
        from tree in Gen.Guid
        from sequence in Gen.Long[1, long.MaxValue]
        from at in Gen.Long[0, (1L << 48) - 1]
        from mark in Gen.UInt
        select new FeedPosition(tree, sequence, at, mark);

    [Fact]
    public void Positions_come_back_as_they_were_written() =>
        Position
            .Array[0, FeedPositions.MaxTrees]
            .Sample(positions =>
            {
                var distinct = positions.DistinctBy(one => one.Tree).OrderBy(one => one.Tree).ToList();
                Assert.True(FeedPositions.TryRead(FeedPositions.Write(distinct), out var read));
                Assert.Equal(distinct, read);
            });

    [Fact]
    public void Any_other_bytes_are_refused_and_never_break_the_reader() =>
        Gen
            .Byte.Array[0, 200]
            .Sample(bytes =>
            {
                if (FeedPositions.TryRead(bytes, out var read))
                    Assert.Equal(read.OrderBy(one => one.Tree), Again(read));
            });

    [Fact]
    public void A_hundred_and_one_trees_have_no_cursor() =>
        Assert.Throws<ArgumentException>(() =>
            FeedPositions.Write([.. Enumerable.Range(0, 101).Select(_ => new FeedPosition(Guid.NewGuid(), 1, 1, 1))])
        );

    [Fact]
    public void The_mark_depends_on_the_id_alone()
    {
        var id = Guid.NewGuid();
        Assert.Equal(FeedPosition.MarkOf(id), FeedPosition.MarkOf(id));
        Assert.NotEqual(FeedPosition.MarkOf(id), FeedPosition.MarkOf(Guid.NewGuid()));
    }

    private static IReadOnlyList<FeedPosition> Again(IReadOnlyList<FeedPosition> positions)
    {
        Assert.True(FeedPositions.TryRead(FeedPositions.Write(positions), out var read));
        return read;
    }
}
